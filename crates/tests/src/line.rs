//! A line to the program that can be cut, and that leads to where the program is now.

use std::sync::{Arc, Mutex};

use tokio::io::copy_bidirectional;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;

use crate::Tatami;

/// A line to a program.
pub struct Line {
    /// `http://ADDR`.
    pub base: String,
    to: Arc<Mutex<String>>,
    cuts: watch::Sender<u64>,
}

impl Line {
    /// A line to that program.
    pub async fn to(server: &Tatami) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let address = listener.local_addr().expect("an address");
        let to = Arc::new(Mutex::new(address_of(server)));
        let cuts = watch::Sender::new(0);
        tokio::spawn(serve(listener, to.clone(), cuts.subscribe()));
        Self {
            base: format!("http://{address}"),
            to,
            cuts,
        }
    }

    /// Leads to that program from now on.
    pub fn lead_to(&self, server: &Tatami) {
        *self.to.lock().expect("no panic") = address_of(server);
        self.cut();
    }

    /// Cuts all connections. New ones can be made.
    pub fn cut(&self) {
        self.cuts.send_modify(|cuts| *cuts += 1);
    }
}

fn address_of(server: &Tatami) -> String {
    let base = server.base();
    base.strip_prefix("http://").unwrap_or(base).to_owned()
}

async fn serve(listener: TcpListener, to: Arc<Mutex<String>>, cuts: watch::Receiver<u64>) {
    while let Ok((mut here, _)) = listener.accept().await {
        let address = to.lock().expect("no panic").clone();
        let mut cuts = cuts.clone();
        cuts.mark_unchanged();
        tokio::spawn(async move {
            let Ok(mut there) = TcpStream::connect(address).await else {
                return;
            };
            tokio::select! {
                // Either end may break it.
                _ = copy_bidirectional(&mut here, &mut there) => {}
                _ = cuts.changed() => {}
            }
        });
    }
}
