//! The questions that tell how much is still to be done, the same on both
//! databases. Each walks an index of what is pending, not of what is done.

/// How many deliveries are pending.
pub const DELIVERIES: &str = "SELECT count(*) FROM deliveries WHERE state = 'pending'";

/// The scope and time of the oldest pending delivery's event.
pub const OLDEST_DELIVERY: &str = "
    SELECT e.account, e.environment, e.created_at
    FROM deliveries d JOIN events e ON e.seq = d.event
    WHERE d.id = (SELECT min(id) FROM deliveries WHERE state = 'pending')";

/// How many mails are not sent.
pub const MAILS: &str = "SELECT count(*) FROM mails WHERE sent_at IS NULL";

/// The scope and time of the oldest unsent mail.
pub const OLDEST_MAIL: &str = "
    SELECT account, environment, created_at
    FROM mails WHERE sent_at IS NULL ORDER BY seq LIMIT 1";
