//! The mailbox: what the sandbox has sent, or would send if there were a mail server.

use askama::Template;
use axum::extract::{Path, State};
use axum::response::Response;
use axum::response::sse::Event;
use serde::Deserialize;
use tatami_core::account::Scope;
use tatami_core::id::MailId;
use tatami_core::problem::Refusal;
use tatami_core::time::ticks;
use tatami_engine::ports::mail::Mail;
use tatami_engine::{Engine, Failure};
use tatami_http::{LastState, Watched, live, page_of};
use tatami_portal::{Fields, Frame, Here, Place, failed, local, page, path_of};

use crate::headers::MAIL_POLICY;
use crate::{SandboxState, assets};

const PATH: &str = "/mailbox";
/// The mails that are looked through.
const MOST_SHOWN: usize = 500;

struct Row {
    href: String,
    to: String,
    subject: String,
    /// How it begins.
    begins: String,
    iso: String,
    at: String,
}

#[derive(Template)]
#[template(path = "mailbox.html")]
struct Mailbox {
    frame: Frame,
    assets: &'static str,
    path: String,
    sought: String,
    rows: Vec<Row>,
    newest: String,
}

pub(super) async fn list(State(state): State<SandboxState>, here: Here) -> Response {
    let found = async {
        let place = here.location()?;
        let overview = state.engine.overview();
        let mails = overview.mails(&place.scope, MOST_SHOWN).await?;
        Ok::<_, Failure>((place, mails))
    };
    let (place, mails) = match found.await {
        Ok(found) => found,
        Err(failure) => return failed(&failure),
    };
    let sought = here.fields.get("q").trim().to_owned();
    let path = format!("{}{PATH}", path_of(&place.scope));
    page(&Mailbox {
        frame: Frame::new(&here, PATH, None),
        assets: assets::machines(),
        newest: newest(&mails),
        rows: mails
            .iter()
            .filter(|mail| holds(mail, &sought))
            .map(|mail| row(mail, &path, place))
            .collect(),
        path,
        sought,
    })
}

fn newest(mails: &[Mail]) -> String {
    mails
        .first()
        .map(|mail| mail.id.to_string())
        .unwrap_or_default()
}

fn row(mail: &Mail, path: &str, place: &Place) -> Row {
    let begins: Vec<_> = mail.text.split_whitespace().take(24).collect();
    Row {
        href: format!("{path}/{}", mail.id),
        to: mail.to.clone(),
        subject: mail.subject.clone(),
        begins: begins.join(" "),
        iso: ticks(mail.created_at),
        at: local(mail.created_at, &place.account.time_zone),
    }
}

/// Whether all words that are sought stand in a mail.
fn holds(mail: &Mail, sought: &str) -> bool {
    let all = [&mail.to, &mail.subject, &mail.text].map(|part| part.to_lowercase());
    let mut words = sought.split_whitespace().map(str::to_lowercase);
    words.all(|word| all.iter().any(|part| part.contains(&word)))
}

struct WatchedMailbox {
    engine: Engine,
    scope: Scope,
    last: LastState,
}

/// Sends the id of the newest mail whenever there is a newer one.
pub(super) async fn watch(State(state): State<SandboxState>, here: Here) -> Response {
    match here.location() {
        Ok(place) => {
            let watched = WatchedMailbox {
                engine: state.engine.clone(),
                scope: place.scope.clone(),
                last: LastState::default(),
            };
            live(watched, state.load_shed.clone())
        }
        Err(failure) => failed(&failure),
    }
}

impl Watched for WatchedMailbox {
    async fn look(&mut self) -> Result<Option<Event>, Failure> {
        let mails = self.engine.overview().mails(&self.scope, 1).await?;
        Ok(self.last.changed_to(newest(&mails)))
    }
}

/// A part of a text: a link, or what is between two.
struct Piece<'t> {
    text: &'t str,
    is_link: bool,
}

#[derive(Template)]
#[template(path = "mail.html")]
struct MailPage<'m> {
    frame: Frame,
    assets: &'static str,
    path: String,
    mail: &'m Mail,
    iso: String,
    at: String,
    sent: Option<String>,
    /// `html`, `text` or `source`.
    shown: &'static str,
    pieces: Vec<Piece<'m>>,
}

/// The mail that a path names.
#[derive(Deserialize)]
pub(super) struct Named {
    mail: String,
}

async fn named<'h>(
    state: &SandboxState,
    here: &'h Here,
    id: &str,
) -> Result<(&'h Place, Mail), Failure> {
    let place = here.location()?;
    let id = MailId::parse(id).map_err(|_| Refusal::NotFound("mail"))?;
    let mail = state.engine.overview().mail(&place.scope, &id).await?;
    Ok((place, mail))
}

pub(super) async fn show(
    State(state): State<SandboxState>,
    Path(Named { mail }): Path<Named>,
    here: Here,
) -> Response {
    let (place, mail) = match named(&state, &here, &mail).await {
        Ok(found) => found,
        Err(failure) => return failed(&failure),
    };
    let zone = &place.account.time_zone;
    page(&MailPage {
        frame: Frame::new(&here, &format!("{PATH}/{}", mail.id), None),
        assets: assets::machines(),
        path: format!("{}{PATH}", path_of(&place.scope)),
        iso: ticks(mail.created_at),
        at: local(mail.created_at, zone),
        sent: mail.sent_at.map(|at| local(at, zone)),
        shown: shown(&here.fields, !mail.html.is_empty()),
        pieces: pieces(&mail.text),
        mail: &mail,
    })
}

fn shown(fields: &Fields, has_html: bool) -> &'static str {
    match fields.get("as") {
        "source" => "source",
        "text" => "text",
        _ if has_html => "html",
        _ => "text",
    }
}

/// A text with its links apart.
fn pieces(text: &str) -> Vec<Piece<'_>> {
    let mut pieces = Vec::new();
    let mut rest = text;
    while let Some(at) = next_link(rest) {
        let (before, link) = rest.split_at(at);
        let end = link.find(char::is_whitespace).unwrap_or(link.len());
        let end = link[..end]
            .trim_end_matches(['.', ',', ')', '>', ';'])
            .len();
        let (link, after) = link.split_at(end);
        pieces.push(Piece {
            text: before,
            is_link: false,
        });
        pieces.push(Piece {
            text: link,
            is_link: true,
        });
        rest = after;
    }
    pieces.push(Piece {
        text: rest,
        is_link: false,
    });
    pieces
}

fn next_link(text: &str) -> Option<usize> {
    let schemes = ["https://", "http://"].into_iter();
    schemes.filter_map(|scheme| text.find(scheme)).min()
}

/// The HTML of a mail in a frame of the page.
pub(super) async fn html(
    State(state): State<SandboxState>,
    Path(Named { mail }): Path<Named>,
    here: Here,
) -> Response {
    match named(&state, &here, &mail).await {
        Ok((_, mail)) => html_of(&mail),
        Err(failure) => failed(&failure),
    }
}

/// The HTML of a mail as it went out, where it can run and load nothing. Its links open
/// beside it.
pub(crate) fn html_of(mail: &Mail) -> Response {
    let html = mail
        .html
        .replacen("<head>", "<head><base target=\"_blank\">", 1);
    page_of(MAIL_POLICY, Ok(html))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn links_are_found_in_a_text() {
        let text = "Pay at https://pay.example/a?b=c. Or (http://x.example/), or not.";
        let parts = pieces(text);
        let links: Vec<_> = parts
            .iter()
            .filter(|it| it.is_link)
            .map(|it| it.text)
            .collect();
        assert_eq!(links, ["https://pay.example/a?b=c", "http://x.example/"]);
        let whole: String = parts.iter().map(|it| it.text).collect();
        assert_eq!(whole, text);
        for plain in ["", "nothing to open", "ftp://x.example"] {
            assert!(pieces(plain).iter().all(|it| !it.is_link), "{plain}");
        }
    }
}
