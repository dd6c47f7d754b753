//! `portcullis key create`.

use clap::{Args, ValueEnum};
use ipnet::IpNet;

use super::super::desk::{Desk, Exit};
use super::super::moment::life;
use crate::actions::api_key::{self, KeyName, Life, Wish};
use crate::actions::{Actor, account};
use crate::app::App;
use crate::model::account::UserName;
use crate::model::api_key::KeyAudience;
use crate::model::credentials::Credentials;
use crate::model::id::AccountId;
use crate::model::role::{Permission, Permissions};
use crate::model::slug::Slug;

#[derive(Debug, Args)]
pub(in crate::cli) struct Create {
    /// Whose key it is
    #[arg(long, value_name = "NAME")]
    account: UserName,
    /// Its name, unique among the owner's keys that work
    #[arg(long, value_name = "TEXT")]
    name: KeyName,
    #[command(flatten)]
    powers: Powers,
    /// Which doors it opens; the API only for service accounts
    #[arg(long, value_enum, default_value_t = Audience::Upstream)]
    audience: Audience,
    /// How long it works: 90d, never, or a date; the policy's usual time if left out
    #[arg(long, value_name = "TIME", value_parser = life)]
    expires: Option<Life>,
}

/// What a key may do and from where.
#[derive(Debug, Args)]
pub(super) struct Powers {
    /// A platform, where the owner holds just one set of credentials; may be given several times
    #[arg(long, value_name = "SLUG", required_unless_present = "credentials")]
    platform: Vec<Slug>,
    /// What it carries, as platform/organisation/space/role; a list if given several times
    #[arg(long, value_name = "P/O/S/R")]
    credentials: Vec<Credentials>,
    /// A right within the role (view, simulate, manage, feed); all of the role's if left out
    #[arg(long, value_name = "RIGHT", value_parser = right)]
    rights: Vec<Permission>,
    /// A network it works from, such as 10.0.0.0/8; anywhere if left out
    #[arg(long, value_name = "CIDR", value_parser = network)]
    network: Vec<IpNet>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Audience {
    /// The apps behind the gate
    Upstream,
    /// The gate's own API
    Api,
}

pub(super) async fn run(wanted: Create, desk: &Desk, app: &App) -> Result<(), Exit> {
    let owner = account::by_name(app, &wanted.account).await?;
    let audience = match wanted.audience {
        Audience::Upstream => KeyAudience::Upstream,
        Audience::Api => KeyAudience::Api,
    };
    let wish = wish(app, owner.id, wanted.powers, wanted.name).await?;
    let wish = Wish { audience, life: wanted.expires.unwrap_or(Life::Usual), ..wish };
    let made = api_key::create(app, &Actor::operator(), owner.id, wish).await?;
    super::hand_out(desk, app, &made).await
}

/// A wish for upstreams of the usual life.
pub(super) async fn wish(app: &App, owner: AccountId, powers: Powers, name: KeyName) -> Result<Wish, Exit> {
    let mut credentials = powers.credentials;
    for platform in &powers.platform {
        if !credentials.iter().any(|one| one.platform == *platform) {
            credentials.push(the_only(app, owner, platform).await?);
        }
    }
    let rights: Permissions = powers.rights.iter().copied().collect();
    Ok(Wish {
        name,
        audience: KeyAudience::Upstream,
        credentials,
        rights: (!powers.rights.is_empty()).then_some(rights),
        life: Life::Usual,
        networks: powers.network,
    })
}

/// The one set of credentials that the owner holds on a platform.
async fn the_only(app: &App, owner: AccountId, platform: &Slug) -> Result<Credentials, Exit> {
    let mut choices = api_key::choices(app, &Actor::operator(), owner, platform).await?;
    let listed = choices.iter().map(|one| format!("--credentials {one}")).collect::<Vec<_>>().join("  or  ");
    match (choices.pop(), choices.is_empty()) {
        (None, _) => {
            Err(Exit::Failed(anyhow::anyhow!("the account holds no credentials on platform {platform}")))
        }
        (Some(only), true) => Ok(only),
        (Some(_), false) => {
            Err(Exit::Usage(format!("several credentials fit platform {platform}: say {listed}")))
        }
    }
}

fn right(text: &str) -> Result<Permission, String> {
    Permission::from_word(text).ok_or_else(|| {
        let words: Vec<_> = Permission::ALL.iter().map(|(_, word)| *word).collect();
        format!("is not a right; there are {}", words.join(", "))
    })
}

/// A network, or one address.
fn network(text: &str) -> Result<IpNet, String> {
    let one = || text.parse::<std::net::IpAddr>().map(IpNet::from).ok();
    text.parse::<IpNet>().ok().or_else(one).ok_or_else(|| "is neither a network nor an address".to_owned())
}
