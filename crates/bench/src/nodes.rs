//! Two programs on one PostgreSQL database, each on a core of its own.

use crate::client::Result;
use crate::operation::{Operation, Shop};
use crate::server::Installation;
use crate::subject::Target;

/// Full payments a second of two nodes, as a multiple of what one takes alone on
/// its core.
pub async fn gain(target: &Target<'_>) -> Result<f64> {
    let installation = target.installation();
    let alone = installation.serve(target.program, Some(0))?;
    let shop = Shop::new(alone.address, 0);
    let one = target.load(&shop, Operation::Pay, None).await?.rate();
    drop(alone);

    let installation = target.installation();
    let first = installation.serve(target.program, Some(0))?;
    let beside = beside(&installation)?;
    let second = beside.serve(target.program, Some(1))?;
    let [a, b] = [&first, &second].map(|node| Shop::new(node.address, 0));
    let (a, b) = tokio::join!(
        target.load(&a, Operation::Pay, None),
        target.load(&b, Operation::Pay, None)
    );
    Ok((a?.rate() + b?.rate()) / one)
}

/// Another node's installation: a folder of its own, the same database, and the same
/// keys.
fn beside(first: &Installation) -> Result<Installation> {
    let second = Installation {
        folder: first.folder.with_extension("second"),
        url: first.url.clone(),
    };
    std::fs::create_dir_all(&second.folder)?;
    for name in ["installation.key", "vault.key"] {
        std::fs::copy(first.folder.join(name), second.folder.join(name))?;
    }
    Ok(second)
}
