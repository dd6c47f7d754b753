//! Whole configurations, good and bad: each bad one is told where, what and how to mend it.

use proptest::prelude::*;

use super::problem::Place;
use super::*;
use crate::model::route::{Access, Destination, PathRule};
use crate::model::upstream::{Protocol, Trust};

const SMALL: &str = r#"
public_url = "https://gate.example"
[[platform]]
slug = "wiki"
[[route]]
hosts = ["WIKI.example."]
upstream = "http://127.0.0.1:3000"
"#;

fn good(text: &str) -> Config {
    parse_str(text).unwrap_or_else(|problems| panic!("{problems}")).config
}

/// The errors of a text, as `line:column key` with what and mend.
fn bad(text: &str) -> Vec<(String, Problem)> {
    let Err(problems) = parse_str(text) else { panic!("accepted: {text}") };
    let at = |problem: &Problem| match &problem.place {
        Place::File { line, column, .. } => format!("{line}:{column} {}", problem.key),
        other => format!("{other} {}", problem.key),
    };
    problems.all.into_iter().filter(|p| p.severity == Severity::Error).map(|p| (at(&p), p)).collect()
}

#[test]
fn nothing_written_is_the_trial_configuration() {
    let config = good("");
    assert_eq!(&*config.public_url.origin, "https://localhost:8443");
    assert_eq!(config.listen.https, [Bind::Tcp("127.0.0.1:8443".parse().unwrap())]);
    assert_eq!(config.listen.operations, Bind::Tcp("127.0.0.1:9180".parse().unwrap()));
    assert_eq!(config.keyring, PathBuf::from("data/keyring"));
    assert!(
        matches!(&config.store, StoreConfig::Sqlite(path) if path == "data/portcullis.db".as_ref() as &std::path::Path)
    );
    assert_eq!(config.routing.hosts, [Arc::from("localhost")]);
    assert!(matches!(config.routing.routes[0].destination, Destination::Echo));
    assert_eq!(config.routing.platforms[&"echo".parse().unwrap()], "Echo");
    let roles: Vec<_> = config.roles.iter().map(|role| role.slug.to_string()).collect();
    assert_eq!(roles, ["viewer", "simulation-runner", "manager"]);
    assert_eq!(config.failures.per_source.amount.get(), 30);
    assert_eq!(config.sessions.remembered_absolute, Duration::from_secs(30 * 86_400));
    assert_eq!(config.limits.head_bytes, 32 * 1024);
}

#[test]
fn the_readers_app_replaces_the_echo_app() {
    let config = Config::default_for("/tmp/p".as_ref(), Some("http://localhost:3000")).unwrap();
    assert_eq!(config.routing.platforms.keys().map(ToString::to_string).collect::<Vec<_>>(), ["app"]);
    let route = &config.routing.routes[0];
    assert!(matches!(route.destination, Destination::Upstream(0)));
    assert_eq!(route.access, Access::Member(Default::default()));
    assert_eq!(config.routing.upstreams[0].targets[0].to_string(), "localhost:3000");
    assert_eq!(config.control_socket, PathBuf::from("/tmp/p/data/control.sock"));
}

#[test]
fn a_small_file_is_a_whole_gate() {
    let config = good(SMALL);
    assert_eq!(config.routing.hosts, [Arc::from("wiki.example"), Arc::from("gate.example")]);
    assert_eq!(config.routing.routes[0].platform.as_str(), "wiki");
    assert_eq!(&*config.routing.routes[0].name, "wiki.example/");
}

/// P9: one spelling of each host decides.
#[test]
fn hosts_are_lower_case_a_labels_without_dot_and_usual_port() {
    for (written, meant) in [
        ("Bücher.Example.", "xn--bcher-kva.example"),
        ("APP.example:443", "app.example"),
        ("*.Apps.example", "*.apps.example"),
        ("[::0:1]", "[::1]"),
        ("127.0.0.1", "127.0.0.1"),
    ] {
        let config = good(&SMALL.replace("WIKI.example.", written));
        assert_eq!(&*config.routing.routes[0].hosts[0], meant);
    }
    for written in ["", "a..b", "a b", "http://a", "a/b", "-a.example", "1.2.3", "a.example:8443", "[::1"] {
        let problems = bad(&SMALL.replace("WIKI.example.", written));
        assert_eq!(problems[0].0, "6:10 route[0].hosts[0]", "{written}");
    }
}

#[test]
fn every_route_setting_is_read() {
    let config = good(
        r#"
        [[role]]
        slug = "low"
        [[role]]
        slug = "high"
        permissions = ["manage"]
        [[platform]]
        slug = "a"
        [[upstream]]
        name = "app"
        targets = ["https://10.0.0.1", "https://10.0.0.2:444"]
        server_name = "app.internal"
        pin_sha256 = "AA:bb00000000000000000000000000000000000000000000000000000000000c"
        protocol = "http2"
        health = { path = "/up" }
        [[route]]
        path = "/a/"
        methods = ["GET", "PROPFIND"]
        roles = ["high", "low"]
        max_age = "15m"
        accepts = ["key"]
        allow_encoded = ["%2F"]
        strip_prefix = "/a"
        body_limit = "16MiB"
        request_body = "buffer"
        quota_per_key = "30/1m"
        upstream = "app"
        [route.cors]
        origins = ["https://APP.example:443"]
        [route.response_headers]
        X-Frame-Options = "DENY"
    "#,
    );
    let route = &config.routing.routes[0];
    assert_eq!(route.path, PathRule::Prefix("/a".into()));
    assert!(
        matches!(route.access, Access::Role(rank, demands) if rank.0 == 0 && demands.max_age == Some(Duration::from_secs(900)))
    );
    assert_eq!(route.body.limit, Some(16 << 20));
    assert_eq!(route.quotas.key.unwrap().amount.get(), 30);
    assert_eq!(&*route.cors.as_ref().unwrap().origins[0], "https://app.example");
    let upstream = &config.routing.upstreams[0];
    assert_eq!((upstream.protocol, upstream.targets.len()), (Protocol::Http2, 2));
    let tls = upstream.tls.as_ref().unwrap();
    assert!(matches!(tls.trust, Trust::Pinned([0xAA, 0xBB, .., 0x0C])));
    assert_eq!(&*tls.server_name, "app.internal");
}

/// H10: what is told of a mistake ends up in logs.
#[test]
fn no_report_shows_a_secret() {
    for text in [
        "[store]\nurl = \"mysql://a:hunter2@b\"",
        "[store]\nurl = \"postgres://a:hunter2@b",
        "[store]\nurl = \"hunter2\"\nurl_file = \"x\"",
        "store.url = \"hunter2",
        "[store]\nurll = \"postgres://a:hunter2@b\"",
        "store = { url = \"postgres://a:hunter2@b\", sqlit = 1 }",
    ] {
        let Err(problems) = parse_str(text) else { panic!("accepted") };
        assert!(!problems.to_string().contains("hunter2"), "{problems}");
        assert!(!problems.json().to_string().contains("hunter2"));
    }
}

/// H3: configured names mean the same in any letter case.
#[test]
fn configured_header_names_are_compared_in_one_form() {
    let config = good("[headers]\nallow = [\"X_Legacy.Token\"]");
    assert_eq!(config.allow_headers, ["x_legacy.token"]);
    assert_eq!(bad("[headers]\nallow = [\"X:Y\"]")[0].0, "2:10 headers.allow[0]");
}

/// K11: what is not known is never ignored.
#[test]
fn everything_wrong_is_told_at_once() {
    let problems = bad(
        "puplic_url = \"x\"\nworkers = \"two\"\n[limits]\nhead_bytes = \"many\"\nstream = 5\n[[route]]\npath = \"/a/../b\"\naccess = \"pubic\"\n",
    );
    let places: Vec<_> = problems.iter().map(|(at, _)| at.as_str()).collect();
    let wanted = [
        "1:1 puplic_url",
        "2:11 workers",
        "4:14 limits.head_bytes",
        "5:1 limits.stream",
        "6:1 route[0].upstream",
        "6:1 route[0].platform",
        "7:8 route[0].path",
        "8:10 route[0].access",
    ];
    assert_eq!(places, wanted);
    assert_eq!(problems[0].1.mend, "did you mean `public_url`?");
    assert!(problems.iter().all(|(_, problem)| !problem.mend.is_empty()));
}

#[test]
fn each_mistake_is_told_where_and_how_to_mend_it() {
    for (text, at) in [
        ("data = 5", "1:8 data"),
        ("[listen]\nhttps = \"0.0.0.0:443\"", "2:9 listen.https"),
        ("[listen]\nhttps = [\"0.0.0.0\"]", "2:10 listen.https[0]"),
        ("[listen]\nhttps = [\"localhost:443\"]", "2:10 listen.https[0]"),
        ("[listen]\nhttps = [\"127.0.0.1:9180\"]", "2:10 listen.https[0]"),
        ("[listen]\nhttps = []", "2:9 listen.https"),
        ("[listen]\ntls_peers = [\"10.0.0.0/33\"]", "2:14 listen.tls_peers[0]"),
        ("public_url = \"http://a\"", "1:14 public_url"),
        ("public_url = \"https://a/b\"", "1:14 public_url"),
        ("workers = -1", "1:11 workers"),
        ("workers = 70000", "1:11 workers"),
        ("workers = 1979-05-27", "1:11 workers"),
        ("[deadlines]\nhead = \"0s\"", "2:8 deadlines.head"),
        ("[deadlines]\nhead = \"-5s\"", "2:8 deadlines.head"),
        ("[deadlines]\nhead = \"5\"", "2:8 deadlines.head"),
        ("[limits]\nconnections = 0", "2:15 limits.connections"),
        ("[headers]\nallow = [\"a b\"]", "2:10 headers.allow[0]"),
        ("[store]\nurl = \"mysql://x\"", "2:7 store.url"),
        ("[store]\nurl = \"postgres://x\"\nurl_file = \"y\"", "3:12 store.url_file"),
        ("[session]\nidle = \"2d\"", "2:8 session.idle"),
        ("[key]\nlongest_lifetime = \"1d\"", "1:1 key.default_lifetime"),
        ("[failures]\nper_source = \"30\"", "2:14 failures.per_source"),
        ("[failures]\nper_source = \"0/1m\"", "2:14 failures.per_source"),
        ("[hashing]\nmemory = \"1MiB\"", "2:10 hashing.memory"),
        ("[hashing]\nmemory = \"2GiB\"", "2:10 hashing.memory"),
        ("[logs]\nformat = \"jsn\"", "2:10 logs.format"),
        ("[logs]\nfilter = \"a=b=c\"", "2:10 logs.filter"),
        ("[[certificate]]\nkey = \"k\"", "1:1 certificate[0].certificate"),
        ("[[role]]\nslug = \"A\"", "2:8 role[0].slug"),
        ("[[role]]\nslug = \"a\"\npermissions = [\"mange\"]", "3:16 role[0].permissions[0]"),
        ("[[upstream]]\nname = \"a\"", "1:1 upstream[0].targets"),
        ("[[upstream]]\nname = \"a\"\ntargets = [\"ftp://x\"]", "3:12 upstream[0].targets[0]"),
        ("[[upstream]]\nname = \"a\"\ntargets = [\"http://x/y\"]", "3:12 upstream[0].targets[0]"),
        ("[[upstream]]\nname = \"a\"\ntargets = [\"http://x\", \"https://x\"]", "3:11 upstream[0].targets"),
        ("[[upstream]]\nname = \"a\"\ntargets = [\"http://x\"]\nca_file = \"y\"", "4:11 upstream[0].ca_file"),
        (
            "[[upstream]]\nname = \"a\"\ntargets = [\"https://x\"]\npin_sha256 = \"y\"",
            "4:14 upstream[0].pin_sha256",
        ),
        ("a = 1\na = 2", "2:1 "),
        ("a = ", "1:5 "),
    ] {
        let problems = bad(text);
        assert!(problems.iter().any(|(place, _)| place == at), "{text}: {problems:#?}");
        assert!(problems.iter().all(|(_, problem)| !problem.what.is_empty() && !problem.mend.is_empty()));
    }
}

#[test]
fn each_mistake_of_a_route_is_told_where_and_how_to_mend_it() {
    for (line, key) in [
        ("roles = [\"viewr\"]", "roles[0]"),
        ("roles = [\"viewer\"]\naccess = \"public\"", "roles"),
        ("access = \"public\"\nvalidated = true", "access"),
        ("accepts = []", "accepts"),
        ("accepts = [\"keys\"]", "accepts[0]"),
        ("platform = \"wikki\"", "platform"),
        ("methods = [\"get\"]", "methods[0]"),
        ("path = \"a\"", "path"),
        ("path = \"/a//b\"", "path"),
        ("path = \"/%41\"", "path"),
        ("path = \"/%2f\"", "path"),
        ("path = \"/ä\"", "path"),
        ("path = \"/a?b\"", "path"),
        ("allow_encoded = [\"%41\"]", "allow_encoded[0]"),
        ("strip_prefix = \"/b\"", "strip_prefix"),
        ("request_body = \"buffer\"", "request_body"),
        ("quota = \"1\"", "quota"),
        ("response_headers = { \"Content-Length\" = \"1\" }", "response_headers.Content-Length"),
        ("response_headers = { a = \"\\n\" }", "response_headers.a"),
        ("cors = { origins = [\"*\"] }", "cors.origins[0]"),
        ("cors = {}", "cors.origins"),
        ("cors = { orgins = [] }", "cors.orgins"),
    ] {
        let problems = bad(&format!("{SMALL}{line}\n"));
        let key = format!("route[0].{key}");
        let found = problems.iter().find(|(_, problem)| problem.key == key);
        let (place, _) = found.unwrap_or_else(|| panic!("{line}: {problems:#?}"));
        assert!(
            place.starts_with("8:") || place.starts_with("9:") || place.starts_with("5:"),
            "{line}: {place}"
        );
    }
}

#[test]
fn two_routes_in_one_place_are_an_error() {
    let text = format!("{SMALL}[[route]]\nhosts = [\"wiki.example\"]\nupstream = \"echo\"\n");
    assert_eq!(bad(&text)[0].0, "8:1 route[1]");
    assert_eq!(good(&format!("{text}methods = [\"GET\"]\n")).routing.routes.len(), 2);
}

#[test]
fn several_hosts_need_a_public_url() {
    let text = SMALL
        .replace("public_url = \"https://gate.example\"", "")
        .replace("WIKI.example.", "a.example\", \"b.example");
    assert_eq!(bad(&text)[0].1.key, "public_url");
}

fn with_environment(variables: &[(&str, &str)]) -> Result<Loaded, Problems> {
    let environment = variables.iter().map(|(name, value)| (name.into(), value.into())).collect();
    Config::load(&Sources { environment, ..Sources::default() })
}

#[test]
fn the_environment_goes_over_the_file_and_flags_over_both() {
    let environment = vec![
        ("PORTCULLIS__LISTEN__HTTPS".into(), r#"["[::1]:1"]"#.into()),
        ("PORTCULLIS__WORKERS".into(), "3".into()),
    ];
    let settings = vec![("workers".into(), "4".into())];
    let config = Config::load(&Sources { environment, settings, ..Sources::default() }).unwrap().config;
    assert_eq!(config.listen.https, [Bind::Tcp("[::1]:1".parse().unwrap())]);
    assert_eq!(config.workers, 4);
}

#[test]
fn variables_of_others_are_left_alone_and_unknown_ones_of_ours_are_problems() {
    assert!(
        with_environment(&[("PORTCULLIS_PORT", "tcp://10.0.0.1:80"), ("PORTCULLIS_CONFIG", "x")]).is_ok()
    );
    let Err(problems) =
        with_environment(&[("PORTCULLIS__LISTEN__HTTP_", "[]"), ("PORTCULLIS__WORKERS", "x")])
    else {
        panic!("accepted")
    };
    assert_eq!(problems.all[0].mend, "did you mean PORTCULLIS__LISTEN__HTTPS?".replace("HTTPS", "HTTP"));
    assert_eq!(problems.all[1].place.to_string(), "environment PORTCULLIS__WORKERS");
}

#[test]
fn an_unknown_setting_of_a_flag_is_a_problem() {
    let settings = vec![("listen.htps".into(), "x".into())];
    let Err(problems) = Config::load(&Sources { settings, ..Sources::default() }) else { panic!("accepted") };
    assert!(problems.all[0].mend.contains("listen.http"), "{problems}");
}

#[test]
fn an_app_on_the_public_origin_is_a_warning() {
    let loaded = parse_str(&SMALL.replace("WIKI.example.", "gate.example")).unwrap();
    assert_eq!(loaded.warnings.all[0].key, "route[0]");
    assert!(parse_str(SMALL).unwrap().warnings.all.is_empty());
}

#[test]
fn problems_are_shown_with_the_line_they_stand_in() {
    let Err(problems) = parse_str("[limits]\nhead_fields = \"x\"\n") else { panic!("accepted") };
    let shown = problems.to_string();
    assert!(shown.contains("gateway.toml:2:15") && shown.contains("head_fields = \"x\""), "{shown}");
    assert_eq!(problems.json()[0]["line"], 2);
}

#[test]
fn each_value_in_force_is_shown_with_its_place_and_secrets_are_masked() {
    let environment = vec![("PORTCULLIS__STORE__URL".into(), "postgres://a:secret@b/c".into())];
    let shown = print(&Sources { environment, ..Sources::default() }).unwrap();
    let find = |key: &str| shown.iter().find(|shown| shown.key == key).unwrap();
    assert_eq!(find("store.url").value, "(masked)");
    assert_eq!(find("store.url").place.to_string(), "environment PORTCULLIS__STORE__URL");
    assert_eq!(find("deadlines.head").place, Place::Default);
    assert!(!format!("{shown:?}").contains("secret@"));
}

#[test]
fn what_needs_a_restart_keeps_its_value_and_is_named() {
    let running = good("workers = 1");
    let (taken, waiting) =
        good("workers = 2\n[listen]\nhttps = [\"[::1]:1\"]\n[limits]\nresets = 7").as_reload_of(&running);
    assert_eq!(waiting, ["listen.https", "workers"]);
    assert_eq!((taken.workers, taken.limits.resets), (1, 7));
    assert_eq!(taken.listen.https, running.listen.https);
}

proptest! {
    #[test]
    fn no_text_makes_the_reader_panic(text in "\\PC{0,200}") {
        let _ = parse_str(&text).map_err(|problems| problems.to_string());
    }

    #[test]
    fn no_value_makes_the_reader_panic(key in 0_usize..200, value in "[ -~ä]{0,40}", raw in "[\\[\\]{}0-9.a\"=, -]{0,20}") {
        let names = sources::names(&schema(), ".");
        let name = &names[key % names.len()];
        let quoted = value.replace('\\', "\\\\").replace('"', "\\\"");
        let _ = parse_str(&format!("{name} = \"{quoted}\"")).map_err(|problems| problems.to_string());
        let _ = parse_str(&format!("{name} = {raw}")).map_err(|problems| problems.to_string());
        let _ = parse_str(&format!("{SMALL}path = \"{quoted}\"\nstrip_prefix = \"{quoted}\"\nallow_encoded = [{raw}]")).map_err(|problems| problems.to_string());
    }
}
