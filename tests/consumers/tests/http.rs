//! barehttp, an HTTP client with a socket and a resolver of its own, against nginx.

use std::any::Any;
use std::cell::RefCell;
use std::marker::PhantomData;
use std::net::{IpAddr, SocketAddr};

use atwifi::Stream;
use atwifi_consumers::{Board, Firmware, Handle, NAME, Nginx, UnderTest, on_every_firmware};
use barehttp::config::Config;
use barehttp::{
    BlockingSocket, BlockingSocketFactory, DnsError, DnsResolver, Error, HttpClient, SocketError,
};
use embedded_io::{ErrorKind, Read, Write};
use embedded_nal::{AddrType, Dns, TcpClientStack, nb};

thread_local! {
    /// The network of this thread's test: barehttp makes sockets from nothing.
    static NETWORK: RefCell<Option<Box<dyn Any>>> = const { RefCell::new(None) };
}

fn network<D: UnderTest>() -> Handle<D> {
    NETWORK.with_borrow(|network| {
        let network = network.as_ref().and_then(|network| network.downcast_ref());
        *network.expect("the test has set the network")
    })
}

struct Resolver<D>(PhantomData<D>);

impl<D: UnderTest> DnsResolver for Resolver<D> {
    fn resolve(&self, host: &str) -> Result<Vec<IpAddr>, DnsError> {
        let address = nb::block!(network::<D>().get_host_by_name(host, AddrType::IPv4));
        // No address is how barehttp is told of a name that cannot be resolved.
        Ok(Vec::from_iter(address))
    }
}

/// A socket, once it is connected, as a stream.
struct Socket<D: UnderTest>(Option<Stream<Handle<D>, &'static mut [u8]>>);

impl<D: UnderTest> Socket<D> {
    fn stream(&mut self) -> Result<&mut Stream<Handle<D>, &'static mut [u8]>, SocketError> {
        self.0.as_mut().ok_or(SocketError::NotConnected)
    }
}

impl<D: UnderTest> BlockingSocket for Socket<D> {
    fn connect(&mut self, address: &SocketAddr, _: &str) -> Result<(), SocketError> {
        self.shutdown()?;
        let mut network = network::<D>();
        let mut socket = network.socket().map_err(reason)?;
        let connected = nb::block!(network.connect(&mut socket, *address));
        self.0 = Some(Stream::new(network, socket, &mut []));
        connected.map_err(reason)
    }

    fn read(&mut self, into: &mut [u8]) -> Result<usize, SocketError> {
        self.stream()?.read(into).map_err(reason)
    }

    fn write(&mut self, bytes: &[u8]) -> Result<usize, SocketError> {
        self.stream()?.write(bytes).map_err(reason)
    }

    fn shutdown(&mut self) -> Result<(), SocketError> {
        if let Some(stream) = self.0.take() {
            let (mut network, socket) = stream.into_parts();
            network.close(socket).map_err(reason)?;
        }
        Ok(())
    }

    fn set_read_timeout(&mut self, milliseconds: u32) -> Result<(), SocketError> {
        self.stream()?.read_timeout = milliseconds;
        Ok(())
    }

    fn set_write_timeout(&mut self, _: u32) -> Result<(), SocketError> {
        // The driver has its own.
        Ok(())
    }
}

impl<D: UnderTest> BlockingSocketFactory for Socket<D> {
    fn new() -> Result<Self, SocketError> {
        Ok(Socket(None))
    }
}

impl<D: UnderTest> Drop for Socket<D> {
    fn drop(&mut self) {
        self.shutdown().expect("close");
    }
}

fn reason(error: impl embedded_io::Error) -> SocketError {
    match error.kind() {
        ErrorKind::TimedOut => SocketError::TimedOut,
        ErrorKind::ConnectionRefused => SocketError::ConnectionRefused,
        _ => SocketError::NotConnected,
    }
}

/// Runs a test with a client on a board of its own.
fn with_client<D: UnderTest>(
    firmware: Firmware,
    test: impl FnOnce(&HttpClient<Socket<D>, Resolver<D>>),
) {
    let (_board, network) = Board::shared::<D>(firmware);
    NETWORK.set(Some(Box::new(network)));
    test(&HttpClient::with_adapters(
        Resolver(PhantomData),
        Config::default(),
    ));
}

fn page(length: usize) -> Vec<u8> {
    let words = b"\r\n\r\nOK\r\n+IPD:0,5\r\nHTTP/1.1 200 OK\r\n>";
    let bytes = words.iter().copied().chain(0..=255);
    bytes.cycle().take(length).collect()
}

fn pages_of_any_size_over_one_connection<D: UnderTest>(firmware: Firmware) {
    let pages = [0, 1, 1460, 9000, 30_000].map(|length| (format!("{length}"), page(length)));
    let Some(server) = Nginx::start(pages.iter().map(|(name, page)| (name, page))) else {
        return;
    };
    with_client::<D>(firmware, |client| {
        for (count, (name, page)) in (1..).zip(&pages) {
            let url = format!("http://{NAME}:{}/{name}", server.address().port());
            let response = client.get(&url).call().expect("a page");
            assert_eq!(response.status_code(), 200);
            assert!(response.body() == page, "{name}");
            let request = response.header("Request");
            assert_eq!(request, Some(&*count.to_string()), "on its connection");
        }
    });
}

fn a_connection_that_the_server_closed_is_replaced<D: UnderTest>(firmware: Firmware) {
    let Some(server) = Nginx::start([("page", page(100))]) else {
        return;
    };
    let url = format!("http://{NAME}:{}/hasty/page", server.address().port());
    with_client::<D>(firmware, |client| {
        // More often than there are places for sockets.
        for _ in 0..6 {
            let response = client.get(&url).call().expect("a page");
            assert!(response.body() == page(100));
            assert_eq!(response.header("Request"), Some("1"), "on its connection");
            server.wait_until_none_is_idle();
        }
    });
}

fn an_error_page_is_an_answer<D: UnderTest>(firmware: Firmware) {
    let Some(server) = Nginx::start([("page", page(100))]) else {
        return;
    };
    let port = server.address().port();
    with_client::<D>(firmware, |client| {
        let missing = client.get(format!("http://{NAME}:{port}/missing")).call();
        assert!(
            matches!(missing, Err(Error::HttpStatus(404, _))),
            "{missing:?}"
        );
        let found = client.get(format!("http://{NAME}:{port}/page")).call();
        assert!(found.expect("a page").body() == page(100));
    });
}

on_every_firmware! {
    pages_of_any_size_over_one_connection
    a_connection_that_the_server_closed_is_replaced
    an_error_page_is_an_answer
}
