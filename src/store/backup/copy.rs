//! Rows from one database to another, table by table and page by page. The schema is the same on both, so
//! a column's type is read off the SQLite side once and holds for the other too.

use sqlx::postgres::PgArguments;
use sqlx::query::Query;
use sqlx::sqlite::SqliteArguments;
use sqlx::{AssertSqlSafe, PgConnection, Postgres, Sqlite, SqliteConnection};

use super::super::tx::{Inner, Tx};
use super::super::{Result, StoreError};

/// Every table that is copied, those that others refer to first. The change log is not: it belongs to
/// the database that its readers follow.
pub const TABLES: [&str; 29] = [
    "organisation",
    "space",
    "entitlement",
    "account",
    "archived_name",
    "factor",
    "membership",
    "role_grant",
    "session",
    "session_host",
    "arrival",
    "api_key",
    "keyring",
    "invitation",
    "invitation_grant",
    "sign_up",
    "email_link",
    "address_change",
    "outbox",
    "setting",
    "sign_in_lane",
    "replay",
    "event",
    "event_platform",
    "webhook",
    "delivery",
    "audit",
    "audit_personal",
    "audit_cut",
];

/// Rows moved at once.
const PAGE: usize = 500;

/// Where rows come from: one consistent view.
pub(super) enum Origin<'a> {
    Sqlite(&'a mut SqliteConnection),
    Postgres(&'a mut PgConnection),
}

/// A value of one of the four types that the schema knows.
#[derive(Clone)]
enum Cell {
    Text(Option<String>),
    Integer(Option<i64>),
    Boolean(Option<bool>),
    Bytes(Option<Vec<u8>>),
}

row! {
    struct Column { name: String, kind: String, key: i64 }
}

/// Copies every table.
pub(super) async fn all(origin: &mut Origin<'_>, tx: &mut Tx) -> Result<()> {
    for table in TABLES {
        let columns = columns(origin, tx, table).await?;
        let names: Vec<&str> = columns.iter().map(|column| column.name.as_str()).collect();
        let insert = format!("INSERT INTO {table} ({}) VALUES ({})", names.join(", "), places(columns.len()));
        let mut after: Option<Vec<Cell>> = None;
        loop {
            let page = page(origin, table, &columns, after.as_deref()).await?;
            let full = page.len() == PAGE;
            after = page.last().map(|row| keys(&columns, row));
            for row in page {
                insert_row(tx, &insert, row).await?;
            }
            if !full {
                break;
            }
        }
    }
    Ok(())
}

/// Takes over the end of the audit chain. The sequence of changes goes on from whichever is further: what
/// the copy knew, or what the database has counted since.
pub(super) async fn counter(origin: &mut Origin<'_>, tx: &mut Tx, live: Option<i64>) -> Result<()> {
    const READ: &str = "SELECT seq, audit_seq, audit_digest, event_seq FROM counter WHERE id = 1";
    const WRITE: &str = "UPDATE counter SET seq = $1, audit_seq = $2, audit_digest = $3,
        event_seq = CASE WHEN event_seq > $4 THEN event_seq ELSE $4 END WHERE id = 1";
    type Counter = (i64, i64, Option<Vec<u8>>, i64);
    let (seq, audit_seq, audit_digest, event_seq): Counter = match origin {
        Origin::Sqlite(source) => sqlx::query_as(READ).fetch_one(&mut **source).await?,
        Origin::Postgres(source) => sqlx::query_as(READ).fetch_one(&mut **source).await?,
    };
    run!(tx, WRITE, seq.max(live.unwrap_or(seq)), audit_seq, audit_digest.as_deref(), event_seq).map(drop)
}

async fn columns(origin: &mut Origin<'_>, tx: &mut Tx, table: &'static str) -> Result<Vec<Column>> {
    const SQL: &str = "SELECT name, type AS kind, pk AS key FROM pragma_table_info($1) ORDER BY cid";
    let query = sqlx::query_as(SQL).bind(table);
    let found: Vec<Column> = match (origin, tx.inner()) {
        (Origin::Sqlite(source), _) => query.fetch_all(&mut **source).await?,
        (Origin::Postgres(_), Inner::Sqlite(held)) => query.fetch_all(&mut **held).await?,
        (Origin::Postgres(_), Inner::Postgres(_)) => Vec::new(),
    };
    if found.is_empty() { Err(StoreError::Corrupt { column: table }) } else { Ok(found) }
}

async fn page(
    origin: &mut Origin<'_>,
    table: &'static str,
    columns: &[Column],
    after: Option<&[Cell]>,
) -> Result<Vec<Vec<Cell>>> {
    let names: Vec<&str> = columns.iter().map(|column| column.name.as_str()).collect();
    let keys: Vec<&str> = columns.iter().filter(|one| one.key > 0).map(|one| one.name.as_str()).collect();
    let keys = keys.join(", ");
    let behind = match after {
        Some(cells) => format!("WHERE ({keys}) > ({}) ", places(cells.len())),
        None => String::new(),
    };
    let sql = format!("SELECT {} FROM {table} {behind}ORDER BY {keys} LIMIT {PAGE}", names.join(", "));
    let after = after.unwrap_or_default().to_vec();
    match origin {
        Origin::Sqlite(source) => {
            let rows = bound_sqlite(sql, after).fetch_all(&mut **source).await?;
            rows.iter().map(|row| cells(row, columns)).collect()
        }
        Origin::Postgres(source) => {
            let rows = bound_postgres(sql, after).fetch_all(&mut **source).await?;
            rows.iter().map(|row| cells(row, columns)).collect()
        }
    }
}

async fn insert_row(tx: &mut Tx, sql: &str, row: Vec<Cell>) -> Result<()> {
    tx.touch();
    match tx.inner() {
        Inner::Sqlite(held) => bound_sqlite(sql.to_owned(), row).execute(&mut **held).await.map(drop)?,
        Inner::Postgres(held) => bound_postgres(sql.to_owned(), row).execute(&mut **held).await.map(drop)?,
    }
    Ok(())
}

fn cells<R: sqlx::Row>(row: &R, columns: &[Column]) -> Result<Vec<Cell>>
where
    usize: sqlx::ColumnIndex<R>,
    Option<String>: for<'r> sqlx::Decode<'r, R::Database> + sqlx::Type<R::Database>,
    Option<i64>: for<'r> sqlx::Decode<'r, R::Database> + sqlx::Type<R::Database>,
    Option<bool>: for<'r> sqlx::Decode<'r, R::Database> + sqlx::Type<R::Database>,
    Option<Vec<u8>>: for<'r> sqlx::Decode<'r, R::Database> + sqlx::Type<R::Database>,
{
    let one = |(at, column): (usize, &Column)| {
        Ok(match column.kind.as_str() {
            "BIGINT" => Cell::Integer(row.try_get(at)?),
            "BOOLEAN" => Cell::Boolean(row.try_get(at)?),
            "BYTEA" => Cell::Bytes(row.try_get(at)?),
            _ => Cell::Text(row.try_get(at)?),
        })
    };
    columns.iter().enumerate().map(one).collect()
}

/// The cells of the primary key.
fn keys(columns: &[Column], row: &[Cell]) -> Vec<Cell> {
    columns.iter().zip(row).filter(|(column, _)| column.key > 0).map(|(_, cell)| cell.clone()).collect()
}

fn places(count: usize) -> String {
    (1..=count).map(|at| format!("${at}")).collect::<Vec<_>>().join(", ")
}

fn bound_sqlite(sql: String, cells: Vec<Cell>) -> Query<'static, Sqlite, SqliteArguments> {
    cells.into_iter().fold(sqlx::query(AssertSqlSafe(sql)), |query, cell| match cell {
        Cell::Text(text) => query.bind(text),
        Cell::Integer(integer) => query.bind(integer),
        Cell::Boolean(boolean) => query.bind(boolean),
        Cell::Bytes(bytes) => query.bind(bytes),
    })
}

fn bound_postgres(sql: String, cells: Vec<Cell>) -> Query<'static, Postgres, PgArguments> {
    cells.into_iter().fold(sqlx::query(AssertSqlSafe(sql)), |query, cell| match cell {
        Cell::Text(text) => query.bind(text),
        Cell::Integer(integer) => query.bind(integer),
        Cell::Boolean(boolean) => query.bind(boolean),
        Cell::Bytes(bytes) => query.bind(bytes),
    })
}
