//! What is told to platforms and how: the shapes of events, and messages signed as Standard Webhooks says. Who is
//! told, and when it is tried again, is decided by `actions/webhook`.

pub mod events;
pub mod message;
