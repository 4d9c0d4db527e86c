//! `tatami serve`: everything on one address, until it is asked to stop.

use std::io::Write;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use tatami_checkout::{Captcha, PayerLimits, ProofOfWork};
use tatami_delivery::Outbound;
use tatami_engine::ports::delivery::ATTEMPT_TIMEOUT;
use tatami_engine::{DOCUMENTED_KEY, Engine};
use tatami_epos::Gateway;
use tatami_http::{Around, Connections, LoadShed, Room, is_of_this_machine};
use tatami_portal::Development;
use tokio::net::TcpListener;
use tokio::sync::watch;
use url::Url;

use crate::Fault;
use crate::cli::CaptchaKind;
use crate::config::Config;
use crate::folder::Folder;
use crate::meter::Meter;
use crate::routes::{Portal, Sandbox, Served};
use crate::wallets::Operator;
use crate::wiring::Parts;

/// How long a stopping program finishes what is under way.
const DRAIN: Duration = Duration::from_secs(10);
/// What the address of the metrics has room for.
const METRICS_ROOM: Room = Room {
    connections: 16,
    bytes: 16 * 1024 * 1024,
};
/// How often measured values are folded into their buckets: so often that a
/// request hardly waits for it, and few are kept.
const TIDY_EVERY: Duration = Duration::from_millis(500);

/// Serves until SIGTERM or Ctrl-C.
pub async fn run(config: Config) -> Result<(), Fault> {
    let (_log, traces) = crate::traces::start(config.log_format, config.otlp_endpoint.as_ref())?;
    let meter = Meter::start()?;
    let folder = Folder::open(&config.home)?;
    let _lock = folder.lock()?;
    let parts = Parts::to_serve(&config.home, folder, config.sandbox).await?;
    let listener = listen(&config.listen).await?;
    let address = listener.local_addr()?;
    let public_url = match &config.public_url {
        Some(url) => url.clone(),
        None => Url::parse(&format!("http://{address}/"))?,
    };
    let public_url = Arc::new(public_url);
    let sandbox = if config.sandbox {
        Some(parts.sandbox())
    } else {
        None
    };
    let gateway = Gateway::new();
    let outbound = Outbound::new(ATTEMPT_TIMEOUT, config.public_webhooks_only)?;
    let links = parts.links(&outbound, &gateway);
    let outlets = parts.outlets(&config, outbound, links.clone())?;
    let pos_links = outlets.pos.clone();
    let engine = parts
        .engine(
            sandbox.clone(),
            &public_url,
            config.public_webhooks_only,
            outlets,
        )
        .await?;
    let registry = parts.registry(&engine, config.public_webhooks_only);
    // Kept until the end.
    let registered = Arc::new(registry.clone());
    if let Some(pos) = &pos_links {
        pos.read_from(&registered);
    }
    if !parts.is_shared {
        engine.attempts().recover().await?;
        tatami_epos::end_all_broken_off(&engine).await?;
    }
    if config.sandbox {
        engine.accounts().ensure_development_account().await?;
    }

    let sandbox_key = engine.accounts().authenticate(DOCUMENTED_KEY).await?;
    let is_development = address.ip().is_loopback() && is_of_this_machine(&public_url);
    let development = match &sandbox_key {
        Some(key) if is_development => {
            engine.people().ensure_developer(&key.scope.account).await?;
            Some(Development {
                token: engine.documents().new_id(),
                port: address.port(),
                address_header: config.payer_address_header.clone(),
            })
        }
        _ => None,
    };
    let unknown = sandbox_key.as_ref().map(|key| key.scope.clone());
    let unknown = unknown.filter(|_| development.is_some());
    let requests = parts.request_log(&config, unknown).await?;
    let link = development.as_ref().map(|it| it.token.clone());
    let sandbox_key = sandbox_key.map(|_| DOCUMENTED_KEY);
    let sandbox = sandbox.map(|acquirer| {
        let wallets = crate::wallets::of_sandboxes(&parts.key, parts.clock.now())?;
        Ok::<_, Fault>(Sandbox {
            acquirer,
            wallets,
            key: sandbox_key,
        })
    });
    let sandbox = sandbox.transpose()?;
    let operator = Operator::new(&config.wallets)?;
    let operator_wallets = operator.as_ref().map(|operator| operator.wallets.clone());

    let (stop, stopped) = watch::channel(false);
    let mut workers = workers(&parts, &engine, &gateway, &stopped);
    workers.extend(
        requests
            .clone()
            .map(|log| tokio::spawn(log.run(until(stopped.clone())))),
    );
    workers.extend(operator.map(|it| tokio::spawn(it.keep_roots(until(stopped.clone())))));
    let load_shed = LoadShed::new(config.limits, engine.admission().clone());
    let served = Served {
        engine: engine.clone(),
        pos: (registry, links),
        pos_links,
        sandbox,
        payers: PayerLimits::new(
            config.payer_address_header.clone(),
            config.sandbox_payer_limits,
        ),
        captcha: captcha(config.captcha, &parts),
        portal: Portal {
            development,
            address_header: config.payer_address_header.clone(),
        },
        terms: config.terms.clone(),
        hosts: config.hosts.clone(),
        operator: operator_wallets,
        requests,
    };
    let around = Around {
        load_shed: load_shed.clone(),
        pace: config.pace,
        logging: None,
    };
    let router = crate::routes::router(served, &public_url, around);
    let any_port = config.listen.ends_with(":0");
    let metrics = match config.metrics.address(address.port(), any_port) {
        Some(address) => Some(listen_for_metrics(&address).await?),
        None => None,
    };
    let metrics_at = metrics.as_ref().map(TcpListener::local_addr).transpose()?;
    // A reader of the line may ask it to stop at once.
    let asked_to_stop = asked_to_stop()?;
    let demo_pos =
        crate::demo_pos::beside(config.demo_pos.as_deref(), address, sandbox_key).await?;
    let demo_url = demo_pos.as_ref().map(|pos| pos.url().to_owned());
    announce(
        (address, metrics_at),
        &public_url,
        sandbox_key,
        demo_url.as_deref(),
        link,
    )?;
    let mut servers = vec![tokio::spawn(crate::server::serve(
        listener,
        router,
        Connections::new(config.room),
        config.pace,
        until(stopped.clone()),
    ))];
    if let Some(listener) = metrics {
        servers.push(tokio::spawn(crate::server::serve(
            listener,
            meter.routes(engine.clone()),
            Connections::new(METRICS_ROOM),
            config.pace,
            until(stopped.clone()),
        )));
    }
    workers.extend(demo_pos.map(|pos| {
        let stop = until(stopped.clone());
        tokio::spawn(async move {
            tokio::select! {
                served = pos.serve(|| {}) => {
                    if let Err(error) = served {
                        tracing::error!(error, "the demo POS has stopped");
                    }
                }
                () = stop => {}
            }
        })
    }));
    tokio::spawn(async move {
        loop {
            tokio::time::sleep(TIDY_EVERY).await;
            meter.tidy();
        }
    });

    asked_to_stop.await?;
    load_shed.drain();
    tracing::info!("stopping");
    tokio::time::sleep(config.drain_delay).await;
    stop.send_replace(true);
    let drained = tokio::time::timeout(DRAIN, async {
        // All end by themselves; a panic in one was logged where it happened.
        for task in servers.into_iter().chain(workers) {
            let _ = task.await;
        }
    });
    if drained.await.is_err() {
        tracing::warn!("stopped before all requests were finished");
    }
    if let Some(traces) = traces {
        traces.end().await;
    }
    Ok(())
}

fn captcha(kind: CaptchaKind, parts: &Parts) -> Option<Arc<dyn Captcha>> {
    match kind {
        CaptchaKind::Off => None,
        CaptchaKind::ProofOfWork => {
            let work = ProofOfWork::new(parts.key.clone(), parts.clock.clone());
            Some(Arc::new(work))
        }
    }
}

async fn listen(address: &str) -> Result<TcpListener, Fault> {
    TcpListener::bind(address)
        .await
        .map_err(|e| match e.kind() {
            std::io::ErrorKind::AddrInUse => Fault(format!(
                "the address {address} is in use by another program."
            )),
            _ => Fault(format!("cannot listen on the address {address}: {e}.")),
        })
}

async fn listen_for_metrics(address: &str) -> Result<TcpListener, Fault> {
    listen(address).await.map_err(|Fault(why)| {
        Fault(format!(
            "{why} It is the address of /metrics: choose another with --metrics-listen, or turn it off with --metrics-listen off."
        ))
    })
}

/// Starts what runs beside the server: jobs and clocks.
fn workers(
    parts: &Parts,
    engine: &Engine,
    gateway: &Gateway,
    stopped: &watch::Receiver<bool>,
) -> Vec<tokio::task::JoinHandle<()>> {
    let mut workers = Vec::new();
    let (jobs, stop) = (engine.clone(), until(stopped.clone()));
    workers.push(tokio::spawn(async move { jobs.jobs().run(stop).await }));
    let (keys, stop) = (engine.clone(), until(stopped.clone()));
    workers.push(tokio::spawn(async move {
        keys.jobs().run_forgetting(stop).await
    }));
    let (checks, keys, stop) = (gateway.clone(), engine.clone(), until(stopped.clone()));
    workers.push(tokio::spawn(async move {
        tokio::select! {
            () = checks.run_key_checks(&keys) => {}
            () = stop => {}
        }
    }));
    if parts.is_shared {
        gateway.share(engine.clone());
        let (gateway, stop) = (gateway.clone(), until(stopped.clone()));
        workers.push(tokio::spawn(async move {
            tokio::select! {
                () = gateway.run_relay() => {}
                () = stop => {}
            }
        }));
        let (clocks, stop) = (engine.clone(), until(stopped.clone()));
        workers.push(tokio::spawn(async move { clocks.clocks().run(stop).await }));
    }
    workers
}

async fn until(mut stopped: watch::Receiver<bool>) {
    // The sender lives as long as the server; its end is a stop as well.
    let _ = stopped.wait_for(|stopped| *stopped).await;
}

/// Ends when the program is asked to stop. It listens from now on.
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

/// Prints where to go. The first lines are for programs, the rest for people.
fn announce(
    (address, metrics): (SocketAddr, Option<SocketAddr>),
    public_url: &Url,
    sandbox_key: Option<&str>,
    demo_pos: Option<&str>,
    link: Option<String>,
) -> Result<(), Fault> {
    let base = public_url.as_str().trim_end_matches('/');
    let mut out = std::io::stdout().lock();
    writeln!(out, "listening on http://{address}")?;
    if let Some(metrics) = metrics {
        writeln!(out, "metrics on http://{metrics}/metrics")?;
    }
    let portal = match &link {
        Some(token) => format!("{base}/portal/start/{token}"),
        None => format!("{base}/"),
    };
    let page = |name: &str| match &link {
        Some(_) => format!("{portal}?next=/portal?to={name}"),
        None => format!("{base}/portal?to={name}"),
    };
    let (card_machines, mailbox) = (page("card-machines"), page("mailbox"));
    let signs_in = if link.is_some() {
        " (signs you in)"
    } else {
        ""
    };
    if let Some(key) = sandbox_key {
        let demo_pos = demo_pos.unwrap_or("start with --demo-pos to try Pay at Table");
        writeln!(
            out,
            "
  Portal         {portal}{signs_in}
  API            {base}/
  API document   {base}/openapi.json
  Documentation  {base}/docs
  Test cards     {base}/docs/test-cards
  Card machines  {card_machines}
  Mailbox        {mailbox}
  Demo POS       {demo_pos}
  Sandbox key    {key}

Create a payment intent, then open its paymentLink in a browser:

  curl {base}/payment-intents \\
    --header 'Authorization: Basic {key}' \\
    --header 'Version: 2026-02-27' \\
    --header 'Content-Type: application/json' \\
    --data '{{\"amount\": {{\"value\": 1000, \"currencyCode\": \"GBP\"}}, \"reference\": \"Order-0001\"}}'
"
        )?;
    }
    out.flush()?;
    Ok(())
}
