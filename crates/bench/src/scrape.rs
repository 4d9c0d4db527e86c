//! What the program itself counted: its histogram of answers, between two
//! moments. Latencies of callers have the callers' own waiting in them, where
//! both share the cores.

use std::net::SocketAddr;

use crate::client::{Connection, Request};
use crate::fault::Result;

const BUCKET: &str = "tatami_http_request_seconds_bucket{";

/// The program's metrics at one moment.
pub struct Scrape(String);

impl Scrape {
    /// Asks for them.
    ///
    /// # Errors
    /// If the program does not tell.
    pub async fn of(address: SocketAddr) -> Result<Self> {
        let mut connection = Connection::open(address).await?;
        let request = Request {
            method: "GET",
            path: "/metrics",
            version: "2026-02-27",
            body: &[],
        };
        let answer = connection.send(request).await?;
        Ok(Self(String::from_utf8_lossy(answer.ok()?).into_owned()))
    }

    /// The bound, in milliseconds, below which that share of the answers of a
    /// class (`2xx`) were given since an earlier moment, however they were
    /// routed. Bounds are those of the histogram.
    pub fn within_ms(&self, since: &Self, class: &str, share: f64) -> f64 {
        let mut counted: Vec<(f64, f64)> = Vec::new();
        for (sign, scrape) in [(1.0, self), (-1.0, since)] {
            for (bound, count) in scrape.buckets(class) {
                match counted.iter_mut().find(|(known, _)| *known == bound) {
                    Some((_, sum)) => *sum += sign * count,
                    None => counted.push((bound, sign * count)),
                }
            }
        }
        counted.sort_by(|a, b| a.0.total_cmp(&b.0));
        let all = counted.last().map_or(0.0, |(_, count)| *count);
        let enough = counted.iter().find(|(_, count)| *count >= all * share);
        enough.map_or(f64::NAN, |(bound, _)| bound * 1000.0)
    }

    /// Upper bounds in seconds, with how many answers were within.
    fn buckets<'a>(&'a self, class: &'a str) -> impl Iterator<Item = (f64, f64)> + 'a {
        let status = format!("status=\"{class}\"");
        let lines = self.0.lines().filter_map(|line| line.strip_prefix(BUCKET));
        lines.filter_map(move |line| {
            let (labels, count) = line.rsplit_once("} ")?;
            let bound = labels.split("le=\"").nth(1)?.split('"').next()?;
            let bound = match bound {
                "+Inf" => f64::INFINITY,
                seconds => seconds.parse().ok()?,
            };
            let count = count.trim().parse().ok()?;
            labels.contains(&status).then_some((bound, count))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn answers_are_counted_from_one_moment_to_another() {
        let line = |class: &str, bound: &str, count: u32| {
            format!("{BUCKET}route=\"/a\",status=\"{class}\",le=\"{bound}\"}} {count}\n")
        };
        let before =
            Scrape(line("2xx", "0.01", 5) + &line("2xx", "0.025", 5) + &line("2xx", "+Inf", 5));
        let after = Scrape(
            line("2xx", "0.01", 5)
                + &line("2xx", "0.025", 104)
                + &line("2xx", "+Inf", 105)
                + &line("5xx", "0.01", 9)
                + &line("5xx", "+Inf", 9),
        );
        assert_eq!(after.within_ms(&before, "2xx", 0.99), 25.0);
        assert_eq!(after.within_ms(&before, "2xx", 1.0), f64::INFINITY);
        assert_eq!(after.within_ms(&before, "5xx", 0.99), 10.0);
    }
}
