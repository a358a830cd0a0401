//! What the broker sends, in order, as far as the faults of the line let it.

use std::{sync::Arc, time::Instant};

use tokio::{
    io::{AsyncWrite, AsyncWriteExt, BufWriter},
    sync::mpsc,
};

use super::super::line::Line;
use crate::record::{PacketRecord, Recorder};

/// What is to be sent.
#[derive(Debug)]
pub(super) enum Out {
    /// A packet.
    Packet {
        bytes: Vec<u8>,
        record: PacketRecord,
        /// The place in the record of the request that it answers.
        answers: Option<usize>,
    },
    /// Bytes as they are.
    Raw(Vec<u8>),
    /// Nothing more; the stream stays.
    Silence,
    /// Nothing more; the connection is cut.
    Cut,
    /// Nothing more; the stream ends in good order.
    Close,
}

/// Writes until nothing more is to be sent. It fails only if the client has hung up.
pub(super) async fn write(
    stream: impl AsyncWrite + Unpin,
    mut queue: mpsc::UnboundedReceiver<Out>,
    mut line: Line,
    recorder: Arc<Recorder>,
) -> std::io::Result<()> {
    let mut stream = BufWriter::new(stream);
    while let Some(out) = queue.recv().await {
        match out {
            Out::Packet { bytes, record, answers } => {
                let count = line.permits(bytes.len(), record.kind != "PINGRESP");
                if count == bytes.len() {
                    // Before it is sent: the record must have it when the client gets it.
                    note(&recorder, record, answers);
                }
                send(&mut stream, &bytes[..count], &line).await?;
                if line.is_over() {
                    stream.flush().await?;
                    line.cut();
                    return Ok(());
                }
            }
            Out::Raw(bytes) => send(&mut stream, &bytes, &line).await?,
            Out::Silence => line.die(),
            Out::Cut => {
                stream.flush().await?;
                line.cut();
                return Ok(());
            }
            Out::Close => return stream.shutdown().await,
        }
        if queue.is_empty() {
            stream.flush().await?;
        }
    }
    Ok(())
}

async fn send(
    stream: &mut BufWriter<impl AsyncWrite + Unpin>,
    bytes: &[u8],
    line: &Line,
) -> std::io::Result<()> {
    let Some(pause) = line.pause else { return stream.write_all(bytes).await };
    for byte in bytes {
        tokio::time::sleep(pause).await;
        stream.write_all(&[*byte]).await?;
        stream.flush().await?;
    }
    Ok(())
}

fn note(recorder: &Recorder, record: PacketRecord, answers: Option<usize>) {
    recorder.write(|all| {
        if let Some(request) = answers.map(|index| &mut all.requests[index]) {
            let code = record.code.unwrap_or_default();
            request.outcome = Some(super::inbound::outcome(code));
            request.outcome_sent = Some(Instant::now());
            if let Some(mqtt) = &mut request.mqtt {
                mqtt.puback = Some(code);
            }
        }
        all.packets.push(record);
    });
}
