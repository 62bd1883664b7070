//! Reports a call's progress, and detects its withdrawal.

use super::in_flight::Ticket;
use crate::model::session::CallMonitor;
use rmcp::RoleServer;
use rmcp::model::ProgressNotificationParam;
use rmcp::service::RequestContext;
use std::future::Future;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::{oneshot, watch};
use tokio::task::JoinHandle;
use tokio::time::{sleep, timeout};

/// The minimum time between two notifications, so that listing a thousand folders doesn't send a
/// thousand messages.
const PAUSE: Duration = Duration::from_millis(100);

/// How long the last notification may take to be sent.
pub(super) const LAST: Duration = Duration::from_secs(1);

/// The maximum time without a notification. Clients give up on calls that are silent for a minute,
/// some of them sooner.
const SILENCE: Duration = Duration::from_secs(3);

/// Watches a call. If the client asked for progress, it is notified until [`Progress::end`].
pub(super) fn monitor(context: &RequestContext<RoleServer>) -> (Arc<CallMonitor>, Progress) {
    let Some(token) = context.meta.get_progress_token() else {
        return (Arc::new(CallMonitor::new(None)), Progress { call: Call(None), going: None });
    };
    let (call, told) = watch::channel(ProgressState::default());
    let (stop, stopped) = oneshot::channel::<()>();
    let peer = context.peer.clone();
    let task = tokio::spawn(tell(told, stopped, move |progress, describe| {
        let (peer, token) = (peer.clone(), token.clone());
        async move {
            let progress = ProgressNotificationParam::new(token, f64::from(progress)).with_message(describe);
            peer.notify_progress(progress).await.is_ok()
        }
    }));
    let call = Call(Some(call));
    let answers = call.clone();
    let monitor = CallMonitor::new(Some(Box::new(move |answered| answers.change(|state| state.answered = answered))));
    (Arc::new(monitor), Progress { call, going: Some((stop, task)) })
}

/// The state of a call.
#[derive(Debug, Clone, Copy, Default)]
struct ProgressState {
    /// How many requests were answered.
    answered: u32,
    /// Whether a person is being asked.
    is_asking: bool,
}

/// A call whose state can be observed.
#[derive(Clone)]
pub(super) struct Call(Option<watch::Sender<ProgressState>>);

impl Call {
    /// Notes that a person is being asked, until the returned value is dropped.
    pub(super) fn asks(&self) -> Asks {
        self.change(|state| state.is_asking = true);
        Asks(self.clone())
    }

    fn change(&self, change: impl FnOnce(&mut ProgressState)) {
        if let Some(call) = &self.0 {
            call.send_modify(change);
        }
    }
}

/// A person is deciding.
pub(super) struct Asks(Call);

impl Drop for Asks {
    fn drop(&mut self) {
        self.0.change(|state| state.is_asking = false);
    }
}

/// Notifies the client at each change and after each [`SILENCE`]. As MCP requires, the reported
/// number always increases. A text describes the state.
async fn tell<F: Future<Output = bool>>(
    mut told: watch::Receiver<ProgressState>,
    mut stopped: oneshot::Receiver<()>,
    notify: impl Fn(u32, String) -> F,
) {
    let (mut last, mut repeated) = (ProgressState::default(), 0_u32);
    loop {
        tokio::select! {
            biased;
            _ = &mut stopped => return,
            changed = told.changed() => if changed.is_err() { return },
            () = sleep(SILENCE) => {}
        }
        let state = *told.borrow_and_update();
        let is_news = state.answered > last.answered;
        repeated = repeated.saturating_add(u32::from(!is_news));
        last = state;
        if !notify(state.answered.saturating_add(repeated), describe(state, is_news)).await {
            return;
        }
        tokio::select! {
            biased;
            _ = &mut stopped => return,
            () = sleep(PAUSE) => {}
        }
    }
}

fn describe(ProgressState { answered, is_asking }: ProgressState, is_news: bool) -> String {
    let requests =
        if answered == 1 { "1 request answered".to_owned() } else { format!("{answered} requests answered") };
    match (is_asking, is_news) {
        (true, _) => "waiting for a person to decide".to_owned(),
        (false, true) => requests,
        (false, false) => format!("{requests}, still working"),
    }
}

/// The task that sends notifications.
pub(super) struct Progress {
    pub(super) call: Call,
    going: Option<(oneshot::Sender<()>, JoinHandle<()>)>,
}

impl Progress {
    /// Ensures that no notification follows the call's answer.
    pub(super) async fn end(self) {
        if let Some((stop, task)) = self.going {
            drop(stop);
            // Don't wait for a client that doesn't read.
            let _ = timeout(LAST, task).await;
        }
    }
}

/// Completes when nobody waits for the call any more: it was withdrawn, or the server is stopping.
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

/// Withdraws a call when dropped, because its caller is gone.
pub(super) struct Withdraw(pub(super) Arc<CallMonitor>);

impl Drop for Withdraw {
    fn drop(&mut self) {
        self.0.withdraw();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tokio::sync::mpsc;
    use tokio::time::Instant;

    /// Returns a call, its notifications with the seconds since its start, and the value that ends
    /// it.
    fn telling() -> (Call, mpsc::UnboundedReceiver<(u64, u32, String)>, Progress) {
        let (call, told) = watch::channel(ProgressState::default());
        let (stop, stopped) = oneshot::channel();
        let (heard, hears) = mpsc::unbounded_channel();
        let began = Instant::now();
        let task = tokio::spawn(tell(told, stopped, move |progress, describe| {
            let _ = heard.send((began.elapsed().as_secs(), progress, describe));
            std::future::ready(true)
        }));
        let call = Call(Some(call));
        (call.clone(), hears, Progress { call, going: Some((stop, task)) })
    }

    #[tokio::test(start_paused = true)]
    async fn tells_every_few_seconds_while_a_person_is_asked() {
        let (call, mut hears, progress) = telling();
        call.change(|state| state.answered = 2);
        assert_eq!(hears.recv().await.unwrap(), (0, 2, "2 requests answered".to_owned()));
        let asks = call.asks();
        for (count, at) in (3..).zip([0, 3, 6, 9]) {
            let expected = (at, count, "waiting for a person to decide".to_owned());
            assert_eq!(hears.recv().await.unwrap(), expected);
        }
        drop(asks);
        assert_eq!(hears.recv().await.unwrap(), (9, 7, "2 requests answered, still working".to_owned()));
        call.change(|state| state.answered = 3);
        assert_eq!(hears.recv().await.unwrap(), (9, 8, "3 requests answered".to_owned()));
        progress.end().await;
        assert!(hears.recv().await.is_none(), "it ended with the call");
    }

    #[tokio::test(start_paused = true)]
    async fn tells_that_a_silent_call_still_runs() {
        let (_call, mut hears, progress) = telling();
        for (count, at) in (1..).zip([3, 6, 9]) {
            let expected = (at, count, "0 requests answered, still working".to_owned());
            assert_eq!(hears.recv().await.unwrap(), expected);
        }
        progress.end().await;
        sleep(10 * SILENCE).await;
        assert!(hears.recv().await.is_none());
    }
}
