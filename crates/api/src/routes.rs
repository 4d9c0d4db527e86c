//! All routes of the API, in one list: what is served here is what the OpenAPI
//! document describes, under the path that the handler's own description has.

use axum::Router;
use axum::middleware::map_response;
use axum::routing::{get, post};
use http::{HeaderName, Method, header};
use tatami_http::TRACE_ID;
use tower_http::cors::{Any, CorsLayer};
use utoipa::openapi::OpenApi;
use utoipa_axum::router::{OpenApiRouter, UtoipaMethodRouter};
use utoipa_axum::routes;

use crate::{
    ApiState, captures, customers, health, openapi, payment_intents, refunds, reversals,
    setup_intents, terminals, transactions, webhooks,
};

/// Routes that share what goes around them.
type Group = Vec<UtoipaMethodRouter<ApiState>>;

/// The API's routes. Put [`tatami_http::around()`] around them and all others together.
pub fn router(state: ApiState) -> Router {
    let (routes, _) = api().split_for_parts();
    routes.merge(older()).with_state(state)
}

/// What the page of a card machine asks for in place of a till.
pub fn till(state: ApiState) -> Router {
    let sales = vec![routes!(payment_intents::create)];
    let (routes, _) = with(OpenApiRouter::default(), tills())
        .merge(with(OpenApiRouter::default(), sales))
        .split_for_parts();
    routes.with_state(state)
}

/// The paths that older apps read a payment by.
fn older() -> Router<ApiState> {
    let session = "/api/payment/{paymentIntentId}/refresh-client-session-secret";
    let renew = payment_intents::refresh_public_session;
    Router::new()
        .route(
            "/api/payment/{paymentIntentId}",
            get(payment_intents::get_public),
        )
        .route(session, post(renew).get(renew))
        .layer(from_anywhere())
}

/// What the routes say of themselves.
pub(crate) fn described() -> OpenApi {
    api().into_openapi()
}

fn api() -> OpenApiRouter<ApiState> {
    let routes = OpenApiRouter::with_openapi(openapi::frame());
    let routes = with(routes, merchants())
        .merge(with(OpenApiRouter::default(), tills()).layer(map_response(terminals::coded)))
        .merge(with(OpenApiRouter::default(), payers()).layer(from_anywhere()));
    with(routes, installation())
}

fn with(routes: OpenApiRouter<ApiState>, group: Group) -> OpenApiRouter<ApiState> {
    group.into_iter().fold(routes, OpenApiRouter::routes)
}

/// What merchants' servers ask for.
fn merchants() -> Group {
    use payment_intents as intents;
    vec![
        routes!(intents::create),
        routes!(intents::search),
        routes!(intents::get, intents::cancel),
        routes!(intents::set_amount),
        routes!(intents::set_tips),
        routes!(intents::refresh_session),
        routes!(intents::send_receipt),
        routes!(intents::charge),
        routes!(captures::create),
        routes!(refunds::create),
        routes!(refunds::get),
        routes!(reversals::create),
        routes!(transactions::search),
        routes!(customers::create),
        routes!(customers::search),
        routes!(customers::get, customers::update, customers::delete),
        routes!(customers::create_secret),
        routes!(setup_intents::create),
        routes!(
            setup_intents::get,
            setup_intents::get_by_post,
            setup_intents::delete
        ),
        routes!(setup_intents::refresh_session),
        routes!(setup_intents::tokenize),
        routes!(webhooks::events),
        routes!(webhooks::list, webhooks::subscribe),
        routes!(webhooks::update, webhooks::delete),
        routes!(webhooks::secrets::list, webhooks::secrets::generate),
        routes!(webhooks::secrets::delete),
        routes!(webhooks::secrets::activate),
        routes!(terminals::create_secret),
    ]
}

/// What tills ask of card machines.
fn tills() -> Group {
    vec![
        routes!(terminals::list),
        routes!(terminals::get),
        routes!(terminals::create),
        routes!(terminals::get_session),
        routes!(terminals::cancel),
        routes!(terminals::signature),
    ]
}

/// What browsers and apps of payers call from any page.
fn payers() -> Group {
    vec![
        routes!(payment_intents::get_public),
        routes!(payment_intents::refresh_public_session),
        routes!(customers::payment_methods),
        routes!(customers::delete_payment_method),
        routes!(setup_intents::get_public),
        routes!(setup_intents::refresh_public_session),
    ]
}

/// The paths of [`installation`].
pub(crate) const ABOUT_THE_PROGRAM: [&str; 3] = ["/healthz", "/readyz", "/openapi.json"];

/// Whether the program runs, and what it can do.
fn installation() -> Group {
    vec![
        routes!(health::healthz),
        routes!(health::readyz),
        routes!(health::document),
    ]
}

fn from_anywhere() -> CorsLayer {
    CorsLayer::new()
        .allow_origin(Any)
        .allow_methods([Method::GET, Method::HEAD, Method::POST, Method::DELETE])
        .allow_headers([
            header::ACCEPT,
            header::AUTHORIZATION,
            header::CONTENT_TYPE,
            HeaderName::from_static("version"),
            HeaderName::from_static("is-mobile"),
            HeaderName::from_static("traceparent"),
        ])
        .expose_headers([TRACE_ID])
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::{BTreeMap, BTreeSet};
    use utoipa::ToSchema;
    use utoipa::openapi::{RefOr, Schema};

    use tatami_http::problem::ProblemDetails;

    use crate::wire::problem::{Error, ProblemDetailsTerminals};

    /// A schema with the name that it is put into the document under.
    type Named = (String, RefOr<Schema>);

    /// The schemas of a type and of all that it is made of.
    fn schemas_of<T: ToSchema>() -> Vec<Named> {
        let mut schemas = vec![(T::name().into_owned(), T::schema())];
        T::schemas(&mut schemas);
        schemas
    }

    /// The names under which there are two schemas that differ.
    fn clashes(schemas: Vec<Named>) -> BTreeSet<String> {
        let mut kept = BTreeMap::new();
        let mut clashes = BTreeSet::new();
        for (name, schema) in schemas {
            if kept.get(&name).is_some_and(|first| *first != schema) {
                clashes.insert(name);
            } else {
                kept.insert(name, schema);
            }
        }
        clashes
    }

    /// The document itself cannot be asked: in it each name has the schema that came
    /// last.
    #[test]
    fn no_two_schemas_have_one_name() {
        let mut schemas = schemas_of::<ProblemDetails>();
        schemas.extend(schemas_of::<ProblemDetailsTerminals>());
        schemas.extend(schemas_of::<Error>());
        for group in [merchants(), tills(), payers(), installation()] {
            schemas.extend(group.into_iter().flat_map(|(schemas, _, _)| schemas));
        }
        assert!(schemas.len() > 100, "{}", schemas.len());
        assert_eq!(clashes(schemas), BTreeSet::new());
    }

    #[test]
    fn a_clash_is_seen_below_the_type_that_brings_it() {
        mod one {
            #[derive(utoipa::ToSchema)]
            #[expect(dead_code, reason = "its schema is looked at")]
            pub(super) struct Same {
                name: String,
            }
        }
        mod other {
            #[derive(utoipa::ToSchema)]
            #[expect(dead_code, reason = "its schema is looked at")]
            pub(super) struct Same {
                name: Option<String>,
            }
        }
        #[derive(ToSchema)]
        #[expect(dead_code, reason = "its schema is looked at")]
        struct Holder {
            one: one::Same,
            again: Vec<one::Same>,
            other: Option<other::Same>,
        }
        let same = BTreeSet::from(["Same".to_owned()]);
        assert_eq!(clashes(schemas_of::<Holder>()), same);
        assert_eq!(clashes(schemas_of::<one::Same>()), BTreeSet::new());
    }
}
