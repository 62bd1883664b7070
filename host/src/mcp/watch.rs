//! Progress of a call, and its withdrawal.

use crate::session::Watch;
use rmcp::RoleServer;
use rmcp::model::ProgressNotificationParam;
use rmcp::service::RequestContext;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::watch;

/// The shortest time between two notifications: a listing of a thousand folders isn't a thousand messages.
const PAUSE: Duration = Duration::from_millis(100);

/// Watches a call. Where the client asked for progress, it is told how many requests were answered.
pub(super) fn watch(context: &RequestContext<RoleServer>) -> Arc<Watch> {
    let Some(token) = context.meta.get_progress_token() else { return Arc::new(Watch::new(None)) };
    let (tell, mut told) = watch::channel(0_u32);
    let peer = context.peer.clone();
    // Ends with the call: the sender is dropped then.
    tokio::spawn(async move {
        while told.changed().await.is_ok() {
            let answered = *told.borrow_and_update();
            let words =
                if answered == 1 { "1 request answered".to_owned() } else { format!("{answered} requests answered") };
            let progress = ProgressNotificationParam::new(token.clone(), f64::from(answered)).with_message(words);
            if peer.notify_progress(progress).await.is_err() {
                return;
            }
            tokio::time::sleep(PAUSE).await;
        }
    });
    Arc::new(Watch::new(Some(Box::new(move |answered| {
        tell.send_replace(answered);
    }))))
}

/// Withdraws a call when it is dropped: whoever asked is gone.
pub(super) struct Withdraw(pub(super) Arc<Watch>);

impl Drop for Withdraw {
    fn drop(&mut self) {
        self.0.withdraw();
    }
}
