//! Answers from memory. It keeps the first intents, so that they can be
//! read.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::Response;
use axum::routing::{get, post};
use axum::{Json, Router};

use crate::intent::{Order, Search, intent};
use crate::{Broken, one, page};

/// Intents that are kept: more than callers remember.
const KEPT: usize = 40_000;

#[derive(Clone, Default)]
struct Memory {
    kept: Arc<Mutex<BTreeMap<String, String>>>,
}

impl Memory {
    fn kept(&self) -> MutexGuard<'_, BTreeMap<String, String>> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Its routes.
pub fn router() -> Router {
    Router::new()
        .route("/payment-intents", post(create))
        .route("/payment-intents/search", post(search))
        .route("/payment-intents/{id}", get(read))
        .with_state(Memory::default())
}

async fn create(State(memory): State<Memory>, order: Json<Order>) -> Result<Response, Broken> {
    let (intent, ..) = intent(order.0);
    let body = serde_json::to_string(&intent)?;
    let mut kept = memory.kept();
    if kept.len() < KEPT {
        kept.insert(intent.id, body.clone());
    }
    Ok(one(body))
}

async fn read(State(memory): State<Memory>, id: Path<String>) -> Result<Response, StatusCode> {
    let body = memory.kept().get(&id.0).cloned();
    body.map(one).ok_or(StatusCode::NOT_FOUND)
}

async fn search(State(memory): State<Memory>, wish: Json<Search>) -> Response {
    let kept = memory.kept();
    let newest = kept.values().rev().take(wish.limit()).cloned();
    let bodies: Vec<String> = newest.collect();
    drop(kept);
    page(bodies)
}
