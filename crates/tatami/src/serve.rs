//! `tatami serve`: everything on one address, until it is told to stop.

use std::io::{IsTerminal, Write};
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use tatami_engine::{DOCUMENTED_KEY, Engine};
use tokio::net::TcpListener;
use tokio::sync::watch;
use url::Url;

use crate::Fault;
use crate::cli::LogFormat;
use crate::config::Config;
use crate::folder::Folder;
use crate::wiring::{Parts, entropy};

/// How long a stopping program finishes what is under way.
const DRAIN: Duration = Duration::from_secs(10);

/// Serves until SIGTERM or Ctrl-C.
///
/// # Errors
/// With the sentence to tell.
pub async fn run(config: Config) -> Result<(), Fault> {
    start_logs(config.log_format);
    let folder = Folder::open(&config.home)?;
    let _lock = folder.lock()?;
    let parts = Parts::to_serve(&config.home, folder).await?;
    let listener = listen(&config.listen).await?;
    let address = listener.local_addr()?;
    let public_url = match &config.public_url {
        Some(url) => url.clone(),
        None => Url::parse(&format!("http://{address}/"))?,
    };
    let sandbox = if config.sandbox {
        Some(parts.sandbox()?)
    } else {
        None
    };
    let engine = parts.engine(sandbox.clone(), &public_url).await?;
    engine.recover().await?;
    if config.sandbox {
        engine.ensure_development_account().await?;
    }

    let (stop, stopped) = watch::channel(false);
    let workers = workers(&config, &parts, &engine, &stopped)?;
    let router = crate::doors::router(engine.clone(), sandbox, &public_url);
    // Whoever reads that it listens may tell it to stop at once.
    let asked_to_stop = asked_to_stop()?;
    announce(address, &public_url, &engine).await?;
    let server = axum::serve(listener, router).with_graceful_shutdown(until(stopped));
    let server = tokio::spawn(server.into_future());

    asked_to_stop.await?;
    tracing::info!("stopping");
    stop.send_replace(true);
    let drained = tokio::time::timeout(DRAIN, async {
        // Both end by themselves; a panic in either was logged where it happened.
        let _ = server.await;
        for worker in workers {
            let _ = worker.await;
        }
    });
    if drained.await.is_err() {
        tracing::warn!("stopped before everything under way was finished");
    }
    Ok(())
}

async fn listen(address: &str) -> Result<TcpListener, Fault> {
    TcpListener::bind(address)
        .await
        .map_err(|e| match e.kind() {
            std::io::ErrorKind::AddrInUse => Fault(format!(
                "the address {address} is in use by another program."
            )),
            _ => Fault(format!("the address {address} cannot be listened on: {e}.")),
        })
}

/// Starts what runs beside the server: timers, webhooks, mail.
fn workers(
    config: &Config,
    parts: &Parts,
    engine: &Engine,
    stopped: &watch::Receiver<bool>,
) -> Result<Vec<tokio::task::JoinHandle<()>>, Fault> {
    let clocks = parts.clocks.clone();
    let dispatcher = tatami_webhooks::Dispatcher::new(
        tatami_webhooks::Parts {
            queue: Arc::new(parts.store.clone()),
            key: parts.key.clone(),
            clock: parts.clock.clone(),
            account_time: Arc::new(move |scope| clocks.now(scope)),
            entropy: Arc::new(entropy),
            wake: engine.told(),
        },
        tatami_webhooks::Limits::default(),
    )?;
    engine.set_courier(Arc::new(dispatcher.clone()));
    let mut workers = Vec::new();
    let (timers, stop) = (engine.clone(), until(stopped.clone()));
    workers.push(tokio::spawn(async move { timers.run_timers(stop).await }));
    let stop = until(stopped.clone());
    workers.push(tokio::spawn(async move { dispatcher.run(stop).await }));
    if let Some(url) = &config.smtp_url {
        let clocks = parts.clocks.clone();
        let mailer = tatami_mail::SmtpMailer::new(url, &config.mail_from, parts.clock.clone())?;
        let postman = tatami_mail::Postman::new(tatami_mail::Parts {
            outbox: Arc::new(parts.store.clone()),
            mailer: Arc::new(mailer),
            clock: parts.clock.clone(),
            account_time: Arc::new(move |scope| clocks.now(scope)),
            wake: engine.mailed(),
        });
        let stop = until(stopped.clone());
        workers.push(tokio::spawn(async move { postman.run(stop).await }));
    }
    Ok(workers)
}

async fn until(mut stopped: watch::Receiver<bool>) {
    // The sender lives as long as the server; its end is a stop as well.
    let _ = stopped.wait_for(|stopped| *stopped).await;
}

/// What ends when somebody asks the program to stop. It listens from now on.
#[cfg(unix)]
fn asked_to_stop() -> Result<impl Future<Output = std::io::Result<()>>, Fault> {
    use tokio::signal::unix::{SignalKind, signal};
    let mut terminate = signal(SignalKind::terminate())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    Ok(async move {
        tokio::select! {
            _ = terminate.recv() => Ok(()),
            _ = interrupt.recv() => Ok(()),
        }
    })
}

#[cfg(not(unix))]
fn asked_to_stop() -> Result<impl Future<Output = std::io::Result<()>>, Fault> {
    Ok(tokio::signal::ctrl_c())
}

/// Tells where to go. The first line is for programs, the rest for people.
async fn announce(address: SocketAddr, public_url: &Url, engine: &Engine) -> Result<(), Fault> {
    let base = public_url.as_str().trim_end_matches('/');
    let mut out = std::io::stdout().lock();
    writeln!(out, "listening on http://{address}")?;
    if engine.authenticate(DOCUMENTED_KEY).await?.is_some() {
        writeln!(
            out,
            "
  API            {base}/
  API document   {base}/openapi.json
  Test cards     {base}/docs/test-cards
  Mailbox        {base}/sandbox/mailbox (user name: the key, no password)
  Sandbox key    {DOCUMENTED_KEY}

Create a payment intent, then open its paymentLink in a browser:

  curl {base}/payment-intents \\
    --header 'Authorization: Basic {DOCUMENTED_KEY}' \\
    --header 'Version: 2026-02-27' \\
    --header 'Content-Type: application/json' \\
    --data '{{\"amount\": {{\"value\": 1000, \"currencyCode\": \"GBP\"}}, \"reference\": \"Order-0001\"}}'
"
        )?;
    }
    out.flush()?;
    Ok(())
}

fn start_logs(format: LogFormat) {
    let filter = tracing_subscriber::EnvFilter::try_from_env("TATAMI_LOG")
        .unwrap_or_else(|_| tracing_subscriber::EnvFilter::new("info"));
    let logs = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_ansi(std::io::stderr().is_terminal())
        .with_writer(std::io::stderr);
    match format {
        LogFormat::Text => logs.init(),
        LogFormat::Json => logs.json().init(),
    }
}
