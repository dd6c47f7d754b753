//! An app without sockets, and requests that stand at its door: what `auth::admit` is asked.

use std::sync::{Arc, OnceLock};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use http::Request;
use http::request::Parts;
use portcullis::app::App;
use portcullis::auth::admit::Asked;
use portcullis::model::caller::{Caller, RequestId};
use portcullis::model::identity::Seen;
use portcullis::model::route::Route;
use portcullis::time::{Clock, ManualClock, SystemClock};
use tokio::runtime::{Builder, Runtime};

use super::bed::{Folder, HOST, Resident, move_in};

/// An app with somebody at home. Its clock stands still: nothing ends or is read anew while measuring.
pub(crate) struct Door {
    pub(crate) app: App,
    pub(crate) resident: Resident,
    pub(crate) runtime: Runtime,
    caller: Caller,
    route: Arc<Route>,
    seen: OnceLock<Seen>,
    _folder: Folder,
}

impl Door {
    pub(crate) fn open(name: &str) -> Self {
        let runtime = Builder::new_current_thread().enable_all().build().unwrap();
        let folder = Folder::new(name);
        let config = folder.config("http://127.0.0.1:9");
        let route = Arc::new(config.routing.routes[0].clone());
        let clock = Arc::new(ManualClock::at(SystemClock.now()));
        let (app, resident) = runtime.block_on(async {
            let app = App::open(config, clock).await.unwrap();
            let resident = move_in(&app).await;
            (app, resident)
        });
        let caller = Caller {
            address: [127, 0, 0, 1].into(),
            secure: true,
            keys_allowed: true,
            request_id: RequestId::from_random([7; 16]),
            server_name: None,
        };
        Self { app, resident, runtime, caller, route, seen: OnceLock::new(), _folder: folder }
    }

    /// A request with this head.
    pub(crate) fn asks<'a>(&'a self, head: &'a Parts) -> Asked<'a> {
        Asked { caller: &self.caller, route: &self.route, head, host: HOST, seen: &self.seen }
    }
}

/// The head of a request with a key.
pub(crate) fn with_key(key: &str) -> Parts {
    with("authorization", &format!("Basic {}", STANDARD.encode(format!("__key__:{key}"))))
}

/// The head of a request with one field.
pub(crate) fn with(name: &str, value: &str) -> Parts {
    let request = Request::get("/things/7").header("host", HOST).header(name, value).body(()).unwrap();
    request.into_parts().0
}
