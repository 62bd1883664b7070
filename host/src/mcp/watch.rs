//! Progress of a call, and its withdrawal.

use super::open::Ticket;
use crate::session::Watch;
use rmcp::RoleServer;
use rmcp::model::ProgressNotificationParam;
use rmcp::service::RequestContext;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::{oneshot, watch};
use tokio::task::JoinHandle;
use tokio::time::{sleep, timeout};

/// The shortest time between two notifications: a listing of a thousand folders isn't a thousand messages.
const PAUSE: Duration = Duration::from_millis(100);

/// How long the last notification is waited for.
pub(super) const LAST: Duration = Duration::from_secs(1);

/// Watches a call. Where the client asked for progress, it is told how many requests were answered, until [`Progress::end`].
pub(super) fn watch(context: &RequestContext<RoleServer>) -> (Arc<Watch>, Progress) {
    let Some(token) = context.meta.get_progress_token() else {
        return (Arc::new(Watch::new(None)), Progress { going: None });
    };
    let (tell, mut told) = watch::channel(0_u32);
    let (stop, mut stopped) = oneshot::channel::<()>();
    let peer = context.peer.clone();
    let task = tokio::spawn(async move {
        loop {
            tokio::select! {
                biased;
                _ = &mut stopped => return,
                changed = told.changed() => if changed.is_err() { return },
            }
            let answered = *told.borrow_and_update();
            let words =
                if answered == 1 { "1 request answered".to_owned() } else { format!("{answered} requests answered") };
            let progress = ProgressNotificationParam::new(token.clone(), f64::from(answered)).with_message(words);
            if peer.notify_progress(progress).await.is_err() {
                return;
            }
            tokio::select! {
                biased;
                _ = &mut stopped => return,
                () = sleep(PAUSE) => {}
            }
        }
    });
    let watch = Watch::new(Some(Box::new(move |answered| {
        tell.send_replace(answered);
    })));
    (Arc::new(watch), Progress { going: Some((stop, task)) })
}

/// Notifications that are on their way.
pub(super) struct Progress {
    going: Option<(oneshot::Sender<()>, JoinHandle<()>)>,
}

impl Progress {
    /// Sees to it that none follows the call's answer.
    pub(super) async fn end(self) {
        if let Some((stop, task)) = self.going {
            drop(stop);
            // A client that doesn't read isn't waited for.
            let _ = timeout(LAST, task).await;
        }
    }
}

/// Until nobody waits for a call any more: it was withdrawn, or the server ends.
pub(super) async fn gone(context: &RequestContext<RoleServer>) {
    let ticket = context.extensions.get::<Ticket>();
    tokio::select! {
        () = context.ct.cancelled() => {}
        () = withdrawn(ticket) => {}
    }
}

async fn withdrawn(ticket: Option<&Ticket>) {
    match ticket {
        Some(ticket) => ticket.withdrawn().await,
        None => std::future::pending().await,
    }
}

/// Withdraws a call when it is dropped: whoever asked is gone.
pub(super) struct Withdraw(pub(super) Arc<Watch>);

impl Drop for Withdraw {
    fn drop(&mut self) {
        self.0.withdraw();
    }
}
