//! What the access log says of requests.

use serde_json::Value;

use crate::support::ask::{Ask, Over};
use crate::support::gateway::Gateway;
use crate::support::upstream::{Reply, Then, Upstream};

/// Every request leaves one line and one decision, also where its client did not wait for the answer.
#[tokio::test]
async fn a_client_that_leaves_before_the_answer_is_accounted_for() {
    let app = Upstream::answering(|_| Reply::raw("", Then::Hang)).await;
    let gateway = Gateway::before(&app).await;
    let ask = Ask::get("/x").key(&gateway.key().await);
    for (count, over) in Over::BOTH.into_iter().enumerate() {
        let stream = gateway.stream("app.test", over).await;
        {
            let asked = ask.on(stream, over);
            tokio::select! {
                answer = asked => panic!("{answer:?}"),
                () = app.saw(count + 1) => {}
            }
        }
        let request = app.last().header("x-request-id").unwrap().to_owned();
        let line = gateway.line_about(&request).await;
        assert_eq!((&line["status"], &line["reason"]), (&Value::from(499), &Value::from("client-left")));
        let decision = gateway.decision_about(&request).unwrap();
        assert_eq!((decision.status, decision.reason), (499, "client-left"));
    }
}
