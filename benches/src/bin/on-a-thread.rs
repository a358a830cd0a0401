//! Signs images with the library, on the main thread or on one with the stack that Rust gives to threads (2 MiB):
//! `on-a-thread PLACE CONFIG COUNT`.

use std::error::Error;

use amqp_messenger::{
    Operation, Settings, Signer, SignerType, Status,
    signing::{Image, Items, Key, TaskId},
};

type Outcome = Result<(), Box<dyn Error + Send + Sync>>;

fn main() -> Outcome {
    let arguments: Vec<_> = std::env::args().skip(1).collect();
    let [place, config, count] = &arguments[..] else {
        return Err("expected PLACE CONFIG COUNT".into());
    };
    let (config, count) = (config.clone(), count.parse()?);
    match &**place {
        "main thread" => sign(&config, count),
        "thread" => {
            std::thread::spawn(move || sign(&config, count)).join().map_err(|_| "a panic")?
        }
        _ => Err("expected \"main thread\" or \"thread\"".into()),
    }
}

fn sign(config: &str, count: usize) -> Outcome {
    let settings = Settings::load(config.as_ref(), SignerType::Single)?;
    let signer = Signer::new(settings, None)?;
    let image = |number| {
        let reference =
            format!("registry.example.com/product/component-{}:1.{}", number % 500, number / 500);
        Image::new(format!("sha256:{number:064x}"), reference)
    };
    let images = (0..count).map(image).collect::<Result<_, _>>()?;
    let operation =
        Operation::new(TaskId::new("1")?, vec![Key::new("55A34A82")?], Items::Images(images))?;
    let mut run = signer.prepare(&operation)?;
    let ended = signer.sign(&mut run);
    match Status::of_run(&ended, run.entries()) {
        Status::Signed => Ok(()),
        other => Err(format!("{other:?}").into()),
    }
}
