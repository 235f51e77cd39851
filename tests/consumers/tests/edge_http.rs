//! edge-http on the traits of edge-nal: its client against nginx, its server asked by curl.

use std::fmt::{Debug, Display};
use std::future::poll_fn;
use std::net::{Ipv4Addr, SocketAddr};
use std::task::Poll;

use atwifi_consumers::{
    Board, Curl, Firmware, Handle, NAME, Nginx, UnderTest, free_port, on_every_firmware,
};
use edge_http::Method;
use edge_http::io::Error;
use edge_http::io::client::Connection;
use edge_http::io::server::{self, Handler, Server};
use edge_nal::{AddrType, Dns, TcpBind, TcpSplit};
use embassy_futures::block_on;
use embassy_futures::select::{Either, select};
use embassy_time::{Duration, with_timeout};
use embedded_io_async::{Read, Write};

/// Far more than anything here takes on a busy machine.
const PATIENCE: Duration = Duration::from_secs(30);

/// Bytes that look like what a module says, and any others.
fn page(length: usize) -> Vec<u8> {
    let words = b"\r\n\r\nOK\r\n+IPD:0,5\r\nHTTP/1.1 200 OK\r\n>";
    let bytes = words.iter().copied().chain(0..=255);
    bytes.cycle().take(length).collect()
}

/// Waits for what must happen, without end if the library never yields.
fn run<T>(task: impl Future<Output = T>) -> T {
    block_on(with_timeout(PATIENCE, task)).expect("in time")
}

async fn everything<R: Read<Error: Debug>>(body: &mut R) -> Result<Vec<u8>, R::Error> {
    let (mut all, mut piece) = (Vec::new(), [0; 500]);
    loop {
        match body.read(&mut piece).await? {
            0 => return Ok(all),
            n => all.extend_from_slice(&piece[..n]),
        }
    }
}

async fn address_of<D: UnderTest>(network: Handle<D>, server: &Nginx) -> SocketAddr {
    let address = network.get_host_by_name(NAME, AddrType::IPv4).await;
    SocketAddr::new(address.expect("resolve"), server.address().port())
}

fn pages_of_any_size_over_one_connection<D: UnderTest>(firmware: Firmware) {
    let pages = [0, 1, 1460, 9000, 30_000].map(|length| (format!("{length}"), page(length)));
    let Some(server) = Nginx::start(pages.iter().map(|(name, page)| (name, page))) else {
        return;
    };
    let (_board, network) = Board::shared::<D>(firmware);
    run(async {
        let mut memory = [0; 2048];
        let address = address_of(network, &server).await;
        let mut client = Connection::<_, 32>::new(&mut memory, &network, address);
        for (count, (name, page)) in (1..).zip(&pages) {
            let path = format!("/{name}");
            let asked = client.initiate_request(true, Method::Get, &path, &[("Host", NAME)]);
            asked.await.expect("a request");
            client.initiate_response().await.expect("a response");
            let (headers, body) = client.split();
            assert_eq!(headers.code, 200);
            let request = headers.headers.get("Request");
            assert_eq!(request, Some(&*count.to_string()), "on its connection");
            assert!(everything(body).await.expect("the body") == *page, "{name}");
            client.complete().await.expect("the end");
        }
        client.close().await.expect("close");
    });
}

fn a_connection_that_is_closed_frees_its_place<D: UnderTest>(firmware: Firmware) {
    let Some(server) = Nginx::start([("page", page(100))]) else {
        return;
    };
    let (_board, network) = Board::shared::<D>(firmware);
    run(async {
        let address = address_of(network, &server).await;
        // More often than there are places for sockets.
        for _ in 0..6 {
            let mut memory = [0; 2048];
            let mut client = Connection::<_, 32>::new(&mut memory, &network, address);
            let host = [("Host", NAME)];
            let asked = client.initiate_request(true, Method::Get, "/missing", &host);
            asked.await.expect("a request");
            client.initiate_response().await.expect("a response");
            assert_eq!(client.headers().expect("headers").code, 404);
            client.close().await.expect("close");
        }
    });
}

/// Answers with what was posted, or with as many bytes as the path says.
struct Pages;

impl Handler for Pages {
    type Error<E: Debug> = Error<E>;

    async fn handle<T: Read + Write + TcpSplit, const N: usize>(
        &self,
        _: impl Display + Copy,
        connection: &mut server::Connection<'_, T, N>,
    ) -> Result<(), Error<T::Error>> {
        let length = connection.headers()?.path.trim_start_matches('/').parse();
        let content = match length {
            Ok(length) => page(length),
            Err(_) => everything(connection).await?,
        };
        let kind = [("Content-Type", "application/octet-stream")];
        connection.initiate_response(200, None, &kind).await?;
        connection.write_all(&content).await
    }
}

/// Serves until this client is done.
fn serve<D: UnderTest>(
    firmware: Firmware,
    client: impl FnOnce(u16) -> Option<Curl>,
) -> Option<Curl> {
    let (_board, network) = Board::shared::<D>(firmware);
    let port = free_port();
    run(async {
        let local = SocketAddr::from((Ipv4Addr::UNSPECIFIED, port));
        let listener = network.bind(local).await.expect("listen");
        let mut server = Server::<2, 1024, 16>::new();
        let mut client = client(port)?;
        let done = poll_fn(|context| {
            context.waker().wake_by_ref();
            match client.is_done() {
                true => Poll::Ready(()),
                false => Poll::Pending,
            }
        });
        let served = select(server.run(Some(5000), &listener, Pages), done).await;
        match served {
            Either::First(ended) => panic!("the server has ended: {ended:?}"),
            Either::Second(()) => Some(client),
        }
    })
}

fn many_pages_are_served_on_one_connection<D: UnderTest>(firmware: Firmware) {
    let lengths = [0, 1, 1460, 9000];
    let paths = lengths.map(|length| length.to_string());
    let paths = paths.each_ref().map(String::as_str);
    let Some(client) = serve::<D>(firmware, |port| Curl::get(port, &paths)) else {
        return;
    };
    for (number, length) in lengths.into_iter().enumerate() {
        assert!(client.answer(number) == page(length), "{length}");
    }
}

fn two_clients_are_served_at_a_time<D: UnderTest>(firmware: Firmware) {
    let Some(client) = serve::<D>(firmware, |port| Curl::get_at_once(port, &["5000", "6000"]))
    else {
        return;
    };
    assert!(client.answer(0) == page(5000));
    assert!(client.answer(1) == page(6000));
}

fn what_is_posted_is_read<D: UnderTest>(firmware: Firmware) {
    let content = page(3000);
    let Some(client) = serve::<D>(firmware, |port| Curl::post(port, "echo", &content)) else {
        return;
    };
    assert!(client.answer(0) == content);
}

on_every_firmware! {
    pages_of_any_size_over_one_connection
    a_connection_that_is_closed_frees_its_place
    many_pages_are_served_on_one_connection
    two_clients_are_served_at_a_time
    what_is_posted_is_read
}
