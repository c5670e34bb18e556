//! tokio, on the runtime of the current thread: a task for each connection.

use std::io::{Error, Result};
use std::time::Duration;

use tokio::io::{
    copy_bidirectional, AsyncBufReadExt, AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, BufReader,
};
use tokio::net::{TcpListener, TcpStream, UdpSocket, UnixListener};
use tokio::time::{sleep, timeout};

const CHUNK: usize = 16_384;
const BULK: usize = 65_536;
const CLIENTS: usize = 1_000;
const LIMIT: Duration = Duration::from_secs(30);
const PAUSE: Duration = Duration::from_millis(1);

async fn echo(mut stream: impl AsyncRead + AsyncWrite + Unpin, chunk: usize) -> Result<()> {
    let mut buffer = vec![0; chunk];
    loop {
        let count = stream.read(&mut buffer).await?;
        if count == 0 {
            return Ok(());
        }
        stream.write_all(&buffer[..count]).await?;
    }
}

async fn echo_later(mut stream: TcpStream) -> Result<()> {
    let mut buffer = vec![0; CHUNK];
    loop {
        let count = stream.read(&mut buffer).await?;
        if count == 0 {
            return Ok(());
        }
        sleep(PAUSE).await;
        stream.write_all(&buffer[..count]).await?;
    }
}

async fn echo_with_deadline(mut stream: TcpStream) -> Result<()> {
    let mut buffer = vec![0; CHUNK];
    loop {
        let count = timeout(LIMIT, stream.read(&mut buffer)).await??;
        if count == 0 {
            return Ok(());
        }
        stream.write_all(&buffer[..count]).await?;
    }
}

async fn echo_lines(stream: TcpStream) -> Result<()> {
    let mut stream = BufReader::new(stream);
    let mut line = String::new();
    loop {
        line.clear();
        if stream.read_line(&mut line).await? == 0 {
            return Ok(());
        }
        stream.write_all(line.as_bytes()).await?;
    }
}

async fn echo_frames(stream: TcpStream) -> Result<()> {
    let mut stream = BufReader::new(stream);
    let mut frame = Vec::new();
    loop {
        let length = match stream.read_u32().await {
            Ok(length) => length,
            Err(_) => return Ok(()),
        };
        frame.clear();
        frame.extend_from_slice(&length.to_be_bytes());
        frame.resize(4 + length as usize, 0);
        stream.read_exact(&mut frame[4..]).await?;
        stream.write_all(&frame).await?;
    }
}

async fn relay(mut client: TcpStream, port: u16) -> Result<()> {
    let mut server = TcpStream::connect(("127.0.0.1", port)).await?;
    server.set_nodelay(true)?;
    copy_bidirectional(&mut client, &mut server).await?;
    Ok(())
}

async fn handle(mode: String, stream: TcpStream, port: u16) {
    let result = match mode.as_str() {
        "lines" => echo_lines(stream).await,
        "frames" => echo_frames(stream).await,
        "timer" => echo_later(stream).await,
        "deadline" => echo_with_deadline(stream).await,
        "relay" => relay(stream, port).await,
        "bulk" => echo(stream, BULK).await,
        _ => echo(stream, CHUNK).await,
    };
    if let Err(error) = result {
        eprintln!("{error}");
    }
}

async fn serve(mode: &str, argument: &str) -> Result<()> {
    let port = argument.parse().unwrap_or(0);
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    println!("ready {}", listener.local_addr()?.port());
    loop {
        let (stream, _) = listener.accept().await?;
        stream.set_nodelay(true)?;
        tokio::spawn(handle(mode.to_owned(), stream, port));
    }
}

async fn serve_unix(path: &str) -> Result<()> {
    let listener = UnixListener::bind(path)?;
    println!("ready");
    loop {
        let (stream, _) = listener.accept().await?;
        tokio::spawn(async move {
            if let Err(error) = echo(stream, CHUNK).await {
                eprintln!("{error}");
            }
        });
    }
}

async fn serve_datagrams() -> Result<()> {
    let socket = UdpSocket::bind("127.0.0.1:0").await?;
    println!("ready {}", socket.local_addr()?.port());
    let mut buffer = vec![0; 65_536];
    loop {
        let (count, sender) = socket.recv_from(&mut buffer).await?;
        socket.send_to(&buffer[..count], sender).await?;
    }
}

async fn request(port: u16, message: &[u8]) -> Result<()> {
    let mut stream = TcpStream::connect(("127.0.0.1", port)).await?;
    stream.set_nodelay(true)?;
    stream.write_all(message).await?;
    let mut echo = vec![0; message.len()];
    stream.read_exact(&mut echo).await?;
    assert_eq!(echo, message);
    Ok(())
}

async fn connect(argument: &str) -> Result<()> {
    let port = argument.parse().map_err(Error::other)?;
    let message: Vec<u8> = (0..64).map(|i| b'a' + i % 26).collect();
    println!("ready");
    let clients = (0..CLIENTS).map(|_| {
        let message = message.clone();
        tokio::spawn(async move {
            loop {
                request(port, &message).await?;
            }
        })
    });
    for client in clients.collect::<Vec<tokio::task::JoinHandle<Result<()>>>>() {
        client.await??;
    }
    Ok(())
}

fn main() -> Result<()> {
    let words: Vec<String> = std::env::args().collect();
    let mode = words.get(1).map_or("", String::as_str);
    let argument = words.get(2).map_or("", String::as_str);
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(async {
        match mode {
            "unix" => serve_unix(argument).await,
            "udp" => serve_datagrams().await,
            "client" => connect(argument).await,
            _ => serve(mode, argument).await,
        }
    })
}
