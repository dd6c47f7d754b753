//! Which request headers reach the app, and who wrote them (rows H1 to H12).

use crate::support::ask::{Ask, Over};
use crate::support::frames::Outcome;
use crate::support::gateway::Gateway;
use crate::support::upstream::{Reply, Seen, Then, Upstream};

/// Names of every profile that only the gate may set.
const OWNED: [&str; 16] = [
    "X-Forwarded-User",
    "X-Forwarded-Email",
    "X-Forwarded-Groups",
    "X-Forwarded-Preferred-Username",
    "X-Portcullis-Account-Id",
    "X-Portcullis-Role",
    "X-Portcullis-Space",
    "X-Portcullis-Key-Id",
    "X-Portcullis-Jwt-Assertion",
    "X-Portcullis-Nothing-Yet",
    "X-Auth-Request-User",
    "X-Auth-Request-Email",
    "X-Auth-Request-Groups",
    "Remote-User",
    "Remote-Groups",
    "Remote-Email",
];

/// Fields that speak of the connection and are rebuilt from it.
const FORWARDING: [&str; 20] = [
    "Forwarded",
    "X-Forwarded-For",
    "X-Forwarded-Host",
    "X-Forwarded-Port",
    "X-Forwarded-Proto",
    "X-Forwarded-Protocol",
    "X-Forwarded-Scheme",
    "X-Forwarded-Ssl",
    "X-Forwarded-Prefix",
    "X-Forwarded-Server",
    "X-Forwarded-Uri",
    "X-Forwarded-Method",
    "X-Real-IP",
    "X-Original-URL",
    "X-Original-Method",
    "X-Rewrite-URL",
    "True-Client-IP",
    "CF-Connecting-IP",
    "X-Envoy-External-Address",
    "X-Envoy-Original-Path",
];

/// What a client writes where only the gate may write.
const FORGED: &str = "forged-by-client";

#[track_caller]
fn assert_nothing_forged(seen: &Seen) {
    let forged: Vec<_> = seen.fields.iter().filter(|(_, value)| value.contains(FORGED)).collect();
    assert!(forged.is_empty(), "{} {} brought {forged:?}", seen.method, seen.target);
}

/// The spellings that some app takes for `name`.
fn spellings(name: &str) -> Vec<String> {
    let mut spellings: Vec<String> = ["-", "_", ".", "!", "~", "'", "+", "*", "|", "^", "`"]
        .iter()
        .map(|separator| name.to_lowercase().replace('-', separator))
        .collect();
    let mixed = name.to_lowercase().replacen('-', "_", 1);
    spellings.push(mixed.clone());
    spellings.push(mixed.replace('-', "."));
    spellings
}

/// H1, H2, H4: on each kind of route, with and without a credential.
#[tokio::test]
async fn no_spelling_of_an_owned_name_reaches_the_app() {
    let app = Upstream::echo().await;
    let gateway = Gateway::before(&app).await;
    let key = gateway.key().await;
    let asks = [
        Ask::get("/public/x"),
        Ask::get("/optional/x"),
        Ask::get("/optional/x").key(&key),
        Ask::get("/x").key(&key),
    ];
    for over in Over::BOTH {
        for ask in &asks {
            let mut ask = ask.clone();
            for (at, name) in OWNED.iter().enumerate() {
                // Few enough fields for one head; every spelling of a few names at a time.
                ask.fields.extend(spellings(name).into_iter().map(|name| (name, FORGED.into())));
                if at % 4 == 3 {
                    gateway.ask(&ask, over).await.expect(200);
                    assert_nothing_forged(&app.last());
                    ask.fields.retain(|(_, value)| value != FORGED);
                }
            }
        }
    }
}

/// H1: upper and mixed case, as HTTP/1.1 sends it.
#[tokio::test]
async fn case_does_not_hide_an_owned_name() {
    let app = Upstream::echo().await;
    let gateway = Gateway::before(&app).await;
    for name in
        ["X-FORWARDED-USER", "x-Forwarded-uSER", "X_FORWARDED_USER", "REMOTE_USER", "X-PORTCULLIS-Role"]
    {
        gateway.ask(&Ask::get("/public/x").header(name, FORGED), Over::H1).await.expect(200);
        assert_nothing_forged(&app.last());
    }
}

/// H3: a name that is let through by exact spelling is let through, an owned one never.
#[tokio::test]
async fn letting_unusual_names_through_lets_no_owned_name_through() {
    let app = Upstream::echo().await;
    let gateway = Gateway::with(&app, "[headers]\nallow = [\"X_Lab.Device\"]\n").await;
    for over in Over::BOTH {
        let ask = Ask::get("/public/x")
            .header("x_lab.device", "kept")
            .header("x_lab_device", "dropped")
            .header("x_forwarded_user", FORGED);
        gateway.ask(&ask, over).await.expect(200);
        let seen = app.last();
        assert_eq!(seen.header("x_lab.device"), Some("kept"));
        assert!(seen.all("x_lab_device").is_empty(), "{seen:?}");
        assert_nothing_forged(&seen);
    }
}

/// H4: who is nobody has no identity headers; who is somebody has each of them once, from the gate.
#[tokio::test]
async fn each_identity_header_arrives_once_or_not_at_all() {
    let app = Upstream::echo().await;
    let gateway = Gateway::before(&app).await;
    let key = gateway.key().await;
    for over in Over::BOTH {
        gateway.ask(&Ask::get("/optional/x").header("X-Forwarded-User", FORGED), over).await.expect(200);
        let nobody = app.last();
        for name in OWNED {
            assert!(nobody.all(name).is_empty(), "{name} for nobody: {nobody:?}");
        }
        gateway.ask(&Ask::get("/x").key(&key).header("X-Forwarded-User", FORGED), over).await.expect(200);
        let somebody = app.last();
        assert_eq!(somebody.header("X-Forwarded-User"), Some("ada"));
        assert_eq!(somebody.header("X-Forwarded-Email"), Some("ada@example.org"));
        assert_eq!(somebody.header("X-Portcullis-Auth-Method"), Some("key"));
        assert_eq!(somebody.header("X-Portcullis-Platform"), Some("app"));
        for name in ["X-Portcullis-Account-Id", "X-Portcullis-Role", "X-Forwarded-Groups"] {
            assert!(somebody.header(name).is_some_and(|value| !value.is_empty()), "{name}: {somebody:?}");
        }
    }
}

/// H4: each profile sets its own names and no other's.
#[tokio::test]
async fn a_profile_sets_its_own_names_only() {
    let app = Upstream::echo().await;
    let gateway = Gateway::before(&app).await;
    let key = gateway.key().await;
    for over in Over::BOTH {
        gateway.ask(&Ask::get("/remote/x").key(&key), over).await.expect(200);
        assert_eq!(app.last().header("Remote-User"), Some("ada"));
        assert!(app.last().all("X-Forwarded-User").is_empty());
        gateway.ask(&Ask::get("/auth-request/x").key(&key), over).await.expect(200);
        assert_eq!(app.last().header("X-Auth-Request-User"), Some("ada"));
        assert!(app.last().all("X-Forwarded-User").is_empty());
    }
}

/// H5: `Connection` can take away the client's own fields, and nothing of the gate's or of framing.
#[tokio::test]
async fn connection_cannot_nominate_what_the_gate_sets_or_reads() {
    let app = Upstream::echo().await;
    let gateway = Gateway::before(&app).await;
    let key = gateway.key().await;
    for nominated in ["X-Forwarded-User, x-portcullis-role", "x-real-ip, X-Forwarded-For, x-forwarded-PROTO"]
    {
        let ask = Ask::get("/x").key(&key).header("Connection", nominated);
        gateway.ask(&ask, Over::H1).await.expect(200);
        let seen = app.last();
        assert_eq!(seen.header("X-Forwarded-User"), Some("ada"), "{nominated}");
        assert!(seen.header("X-Portcullis-Role").is_some(), "{nominated}");
        assert_eq!(seen.header("X-Forwarded-Proto"), Some("https"), "{nominated}");
    }
    let ask = Ask::post("/x", "abc")
        .key(&key)
        .header("Cookie", "theme=dark")
        .header("X-Mine", "1")
        .header("Connection", "keep-alive, content-length, Authorization, cookie, X-Mine, host");
    gateway.ask(&ask, Over::H1).await.expect(200);
    let seen = app.last();
    assert_eq!(seen.body, b"abc");
    assert_eq!(seen.header("Cookie"), Some("theme=dark"));
    assert!(
        seen.all("X-Mine").is_empty() && seen.all("Connection").iter().all(|value| !value.contains("X-Mine"))
    );
}

/// H6, H7: forwarding fields come from the connection.
#[tokio::test]
async fn forwarding_fields_are_rebuilt_from_the_connection() {
    let app = Upstream::echo().await;
    let gateway = Gateway::before(&app).await;
    for over in Over::BOTH {
        let mut ask = Ask::get("/public/x");
        for name in FORWARDING {
            ask = ask
                .header(&name.to_lowercase(), FORGED)
                .header(&name.to_lowercase().replace('-', "_"), FORGED);
        }
        gateway.ask(&ask, over).await.expect(200);
        let seen = app.last();
        assert_nothing_forged(&seen);
        assert_eq!(seen.header("X-Forwarded-For"), Some("127.0.0.1"));
        assert_eq!(seen.header("X-Forwarded-Proto"), Some("https"));
        assert_eq!(seen.header("X-Forwarded-Host"), Some("app.test"));
        assert_eq!(seen.header("Host"), Some("app.test"));
    }
}

/// H6: a listed proxy is believed about addresses, from the right up to the first that is not
/// listed, and about nothing else.
#[tokio::test]
async fn a_listed_proxy_is_believed_about_addresses_only() {
    let app = Upstream::echo().await;
    let gateway = Gateway::with(&app, "trusted_proxies = [\"127.0.0.0/8\"]\n").await;
    for over in Over::BOTH {
        let ask = Ask::get("/public/x")
            .header("x-forwarded-for", "198.51.100.7, 203.0.113.9, 127.0.0.5")
            .header("x-forwarded-host", "evil.test")
            .header("x-forwarded-proto", "http")
            .header("x-forwarded-user", FORGED)
            .header("forwarded", "for=198.51.100.7");
        gateway.ask(&ask, over).await.expect(200);
        let seen = app.last();
        assert_eq!(seen.header("x-forwarded-for"), Some("203.0.113.9, 127.0.0.5, 127.0.0.1"));
        assert_eq!(seen.header("x-forwarded-host"), Some("app.test"));
        assert_eq!(seen.header("x-forwarded-proto"), Some("https"));
        assert_nothing_forged(&seen);
    }
}

/// H7: no answer of the gate's own is built from what the client says of host or scheme.
#[tokio::test]
async fn no_redirect_or_page_repeats_a_forged_host() {
    let app = Upstream::echo().await;
    let gateway = Gateway::before(&app).await;
    for over in Over::BOTH {
        let ask = Ask::get("/x")
            .header("x-forwarded-host", "evil.test")
            .header("x-forwarded-proto", "http")
            .header("forwarded", "host=evil.test;proto=http")
            .header("accept", "text/html")
            .header("sec-fetch-mode", "navigate");
        let answer = gateway.ask(&ask, over).await;
        let told = format!("{:?} {}", answer.fields, answer.text());
        assert!(!told.contains("evil.test") && !told.contains("http://"), "{told}");
    }
    assert!(app.seen().is_empty());
}

/// H8: fields that may stand once.
#[tokio::test]
async fn repeated_singletons_are_refused() {
    let app = Upstream::echo().await;
    let gateway = Gateway::before(&app).await;
    let key = gateway.key().await;
    let good = Ask::get("/x").key(&key);
    let repeated = [
        good.clone().header("Host", "app.test"),
        good.clone().header("Host", "other.test"),
        good.clone().key(&key),
        good.clone().header("X-API-Key", &key),
        Ask::get("/x").header("X-API-Key", &key).header("X-API-Key", &key),
        Ask::post("/x", "abc").key(&key).header("Content-Length", "4"),
        Ask::get("/x").header("Cookie", "__Host-portcullis=a; __Host-portcullis=b"),
        Ask::get("/x").header("Cookie", "__Host-portcullis=a").header("Cookie", "__Host-portcullis=b"),
    ];
    for ask in repeated {
        gateway.ask(&ask, Over::H1).await.expect(400);
        let twice_host = ask.fields.iter().any(|(name, _)| name == "Host");
        let twice_length = ask.fields.iter().any(|(name, _)| name == "Content-Length");
        if !twice_host && !twice_length {
            gateway.ask(&ask, Over::H2).await.expect(400);
        }
    }
    assert!(app.seen().is_empty(), "{:?}", app.seen());
}

/// H9, in HTTP/1.1.
#[tokio::test]
async fn a_name_that_is_no_token_is_refused() {
    let app = Upstream::echo().await;
    let gateway = Gateway::before(&app).await;
    for line in [
        ": x",
        " : x",
        "X Y: 1",
        "X(Y): 1",
        "X\"Y: 1",
        "X/Y: 1",
        "X\u{e4}Y: 1",
        "X\u{0}Y: 1",
        "X,Y: 1",
        "nocolon",
    ] {
        let mut wire = gateway.wire().await;
        wire.send(format!("GET /public/x HTTP/1.1\r\nHost: app.test\r\n{line}\r\n\r\n")).await;
        assert_eq!(wire.answer().await.status, 400, "{line:?}");
    }
    assert!(app.seen().is_empty());
}

/// H9, in HTTP/2 (RFC 9113, 8.2.1).
#[tokio::test]
async fn a_name_that_is_no_token_is_refused_in_http_2() {
    let app = Upstream::echo().await;
    let gateway = Gateway::before(&app).await;
    for name in ["", " ", "x y", "X-Upper", "x(y", "x\"y", "x/y", "x\u{0}y", "x:y", "x,y", "x\ry", ":unknown"]
    {
        let mut frames = gateway.frames().await;
        let fields =
            [(":method", "GET"), (":scheme", "https"), (":authority", "app.test"), (":path", "/public/x")];
        let outcome = frames.ask(&[&fields[..], &[(name, "1")]].concat()).await;
        assert!(outcome.is_refusal(), "{name:?}: {outcome:?}");
    }
    for value in ["a\u{0}b", "a\rb", "a\nb"] {
        let mut frames = gateway.frames().await;
        let fields =
            [(":method", "GET"), (":scheme", "https"), (":authority", "app.test"), (":path", "/public/x")];
        let outcome = frames.ask(&[&fields[..], &[("x-v", value)]].concat()).await;
        assert!(outcome.is_refusal(), "{value:?}: {outcome:?}");
    }
    assert!(app.seen().is_empty(), "{:?}", app.seen());
}

/// Fields of the connection do not cross it, and in HTTP/2 they make the request malformed.
#[tokio::test]
async fn connection_fields_are_malformed_in_http_2() {
    let app = Upstream::echo().await;
    let gateway = Gateway::before(&app).await;
    for (name, value) in [
        ("connection", "x-forwarded-user"),
        ("transfer-encoding", "chunked"),
        ("keep-alive", "timeout=5"),
        ("proxy-connection", "close"),
        ("upgrade", "websocket"),
        ("te", "gzip"),
    ] {
        let mut frames = gateway.frames().await;
        let fields =
            [(":method", "GET"), (":scheme", "https"), (":authority", "app.test"), (":path", "/public/x")];
        let outcome = frames.ask(&[&fields[..], &[(name, value)]].concat()).await;
        let harmless = outcome.status() == Some(200) && app.last().all(name).is_empty();
        assert!(outcome.is_refusal() || harmless, "{name}: {outcome:?}");
    }
}

/// H10, R-52: consumed credentials and our cookies stop at the gate; the app's own cookies pass.
#[tokio::test]
async fn credentials_stop_at_the_gate() {
    let app = Upstream::echo().await;
    let gateway = Gateway::before(&app).await;
    let key = gateway.key().await;
    let session = gateway.session().await;
    for over in Over::BOTH {
        for path in ["/x", "/optional/x", "/public/x"] {
            let cookie =
                format!("theme=dark; __Host-portcullis={session}; __Host-portcullis-flow=f; lang=en");
            let ask = Ask::get(path)
                .header("x-api-key", &key)
                .header("proxy-authorization", "Basic Zm9yZ2VkOmZvcmdlZA==")
                .header("cookie", &cookie);
            gateway.ask(&ask, over).await.expect(200);
            let seen = app.last();
            assert_eq!(seen.header("cookie"), Some("theme=dark; lang=en"), "{path}");
            let all = format!("{:?}", seen.fields);
            assert!(
                !all.contains(&key) && !all.contains(&session) && !all.contains("Zm9yZ2Vk"),
                "{path}: {all}"
            );
        }
        gateway.ask(&Ask::get("/public/x").key(&key), over).await.expect(200);
        assert!(app.last().all("authorization").is_empty());
    }
}

/// H10, H11: refusals are made here, repeat no credential, and are not kept by anybody.
#[tokio::test]
async fn refusals_are_made_here_and_repeat_no_credential() {
    let app = Upstream::echo().await;
    let gateway = Gateway::before(&app).await;
    for over in Over::BOTH {
        let secret = "pck_0123456789abcdefghijABCDEFGHIJ0123456789abcdefghij";
        let answer = gateway
            .ask(&Ask::get("/x").key(secret).header("cookie", "__Host-portcullis=topsecret"), over)
            .await;
        assert_eq!(answer.status, 401);
        let told = format!("{:?} {}", answer.fields, answer.text());
        assert!(!told.contains(secret) && !told.contains("topsecret"), "{told}");
        assert_eq!(answer.header("content-type"), Some("application/problem+json"));
        assert!(answer.header("cache-control").is_some_and(|value| value.contains("no-store")), "{told}");
        let problem: serde_json::Value = serde_json::from_slice(&answer.body).expect("a problem");
        assert_eq!(problem["status"], 401, "{problem}");
        assert!(problem["request_id"].as_str().is_some_and(|id| id.len() == 32), "{problem}");
    }
    assert!(app.seen().is_empty());
}

/// Cookies of our names that an app sets are dropped; its own pass, all of them.
#[tokio::test]
async fn an_app_cannot_set_the_gates_cookies() {
    let app = Upstream::answering(|_| {
        Reply::raw(
            "HTTP/1.1 200 OK\r\nSet-Cookie: a=1; Path=/\r\nSet-Cookie: __Host-portcullis=stolen; Path=/; Secure\r\n\
             set-cookie: __Host-portcullis-flow=x\r\nSet-Cookie: b=2\r\nContent-Length: 0\r\n\r\n",
            Then::Stay,
        )
    })
    .await;
    let gateway = Gateway::before(&app).await;
    for over in Over::BOTH {
        let answer = gateway.ask(&Ask::get("/public/x"), over).await.expect(200);
        assert_eq!(answer.all("set-cookie"), ["a=1; Path=/", "b=2"]);
    }
}

/// The scheme in any case, the challenge with its charset, and no answer kept.
#[tokio::test]
async fn the_scheme_is_read_in_any_case_and_the_challenge_is_complete() {
    let app = Upstream::echo().await;
    let gateway = Gateway::before(&app).await;
    let key = gateway.key().await;
    for over in Over::BOTH {
        for scheme in ["basic", "BASIC", "bAsIc"] {
            let mut ask = Ask::get("/x").key(&key);
            ask.fields[0].1 = ask.fields[0].1.replace("Basic", scheme);
            gateway.ask(&ask, over).await.expect(200);
        }
        let answer = gateway.ask(&Ask::get("/x"), over).await.expect(401);
        let challenges = answer.all("www-authenticate").join(", ");
        assert!(
            challenges.contains("Basic realm=") && challenges.contains("charset=\"UTF-8\""),
            "{challenges}"
        );
        assert!(answer.header("cache-control").is_some_and(|value| value.contains("no-store")));
    }
}

/// Crumbs of HTTP/2 are one field for an app that speaks HTTP/1.1.
#[tokio::test]
async fn cookie_crumbs_are_joined() {
    let app = Upstream::echo().await;
    let gateway = Gateway::before(&app).await;
    let ask = Ask::get("/public/x").header("cookie", "a=1").header("cookie", "b=2").header("cookie", "c=3");
    gateway.ask(&ask, Over::H2).await.expect(200);
    assert_eq!(app.last().header("cookie"), Some("a=1; b=2; c=3"));
}

/// H8: in HTTP/2 a `host` beside `:authority` must say the same, and userinfo is no host.
#[tokio::test]
async fn authority_and_host_must_agree() {
    let app = Upstream::echo().await;
    let gateway = Gateway::before(&app).await;
    let ask = |authority: &'static str, host: Option<&'static str>| {
        let mut fields =
            vec![(":method", "GET"), (":scheme", "https"), (":authority", authority), (":path", "/public/x")];
        fields.extend(host.map(|host| ("host", host)));
        fields
    };
    let same = gateway.frames().await.ask(&ask("app.test", Some("app.test"))).await;
    assert_eq!(same.status(), Some(200));
    for (authority, host) in [("app.test", Some("other.test")), ("user@app.test", None), ("", None)] {
        let outcome = gateway.frames().await.ask(&ask(authority, host)).await;
        let misdirected = matches!(outcome, Outcome::Answered(421, _));
        assert!(outcome.is_refusal() || misdirected, "{authority} {host:?}: {outcome:?}");
    }
    assert_eq!(app.seen().len(), 1);
}
