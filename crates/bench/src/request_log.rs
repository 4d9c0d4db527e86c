//! What the request log costs: the program with it beside itself without.

use crate::client::Result;
use crate::operation::{Operation, Shop};
use crate::subject::Target;

/// Operations a second with the log, as a share of those without it. Both servers run on
/// installations of their own and are loaded in turns, so that what the machine does
/// besides falls on both.
pub async fn share(target: &Target<'_>, operation: Operation) -> Result<f64> {
    let installations = [target.installation(), target.installation()];
    let serve =
        |at: usize, log: &'static str| installations[at].serve_with(target.program, None, &[log]);
    let (logs, does_not) = (
        serve(0, "--request-log=on")?,
        serve(1, "--request-log=off")?,
    );
    let [with, without] = [&logs, &does_not].map(|server| Shop::new(server.address, 0));
    let mut rates = [0.0, 0.0];
    for (at, shop) in [(1, &without), (0, &with), (0, &with), (1, &without)] {
        rates[at] += target.load(shop, operation, None).await?.rate();
    }
    Ok(rates[0] / rates[1])
}
