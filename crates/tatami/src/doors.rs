//! All doors on one router.

use std::sync::Arc;

use async_trait::async_trait;
use axum::Router;
use tatami_acquirer::SandboxAcquirer;
use tatami_core::account::Scope;
use tatami_engine::Engine;
use url::Url;
