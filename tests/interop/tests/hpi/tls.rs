//! The clients through a tunnel: they speak openly to `socat`, and `socat` TLS to us.

use crate::clients::run_at;
use crate::raw::{Heard, Raw, frame};
use crate::{PATIENCE, discovered};
use interop::{Chassis, Place, Shelfd, free_port, output_of, program, wait_until};
use openhpi_wire::ByteOrder;
use openhpi_wire::function::SessionOpen;
use std::net::{SocketAddr, TcpListener};
use std::process::{Child, Command, Stdio};

/// Authorities, certificates and keys: `NAME.pem` and `NAME.key`.
struct Papers(Place);

impl Papers {
    /// Makes those of an authority, of us, and of a client; and of a stranger, who signed himself.
    fn make() -> Self {
        let papers = Self(Place::new("papers"));
        for name in ["authority", "stranger"] {
            papers.openssl(&format!(
                "req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -subj /CN={name} \
                 -keyout {name}.key -out {name}.pem"
            ));
        }
        for name in ["shelf", "client"] {
            papers.openssl(&format!(
                "req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj /CN={name} \
                 -keyout {name}.key -out {name}.csr"
            ));
            papers.0.write("names", "subjectAltName=IP:127.0.0.1\n");
            papers.openssl(&format!(
                "x509 -req -in {name}.csr -CA authority.pem -CAkey authority.key -days 2 \
                 -extfile names -out {name}.pem"
            ));
        }
        papers
    }

    fn openssl(&self, arguments: &str) {
        let mut command = Command::new(program("openssl", "openssl"));
        command.current_dir(self.0.path());
        output_of(command.args(arguments.split_whitespace()));
    }

    fn file(&self, name: &str) -> String {
        self.0.file(name).display().to_string()
    }

    /// Lines of `[listen]`.
    fn listen(&self, at: SocketAddr, with_authority: bool) -> String {
        let mut lines = format!(
            "[listen]\nhpi_tls = \"{at}\"\nhpi_certificate = \"{}\"\nhpi_key = \"{}\"\n",
            self.file("shelf.pem"),
            self.file("shelf.key"),
        );
        if with_authority {
            lines += &format!("hpi_client_ca = \"{}\"\n", self.file("authority.pem"));
        }
        lines
    }
}

/// A tunnel. It ends with this value.
struct Tunnel {
    child: Child,
    entry: SocketAddr,
}

impl Tunnel {
    /// Leads to a port with TLS; `who` has a certificate, and shows it.
    fn dig(papers: &Papers, to: SocketAddr, who: Option<&str>) -> Self {
        let entry = SocketAddr::from(([127, 0, 0, 1], free_port()));
        let mut far = format!("OPENSSL:{to},cafile={}", papers.file("authority.pem"));
        if let Some(who) = who {
            far += &format!(
                ",certificate={},key={}",
                papers.file(&format!("{who}.pem")),
                papers.file(&format!("{who}.key"))
            );
        }
        let near = format!("TCP-LISTEN:{},bind=127.0.0.1,reuseaddr,fork", entry.port());
        let child = Command::new(program("socat", "socat"))
            .args([near, far])
            .stderr(Stdio::null())
            .spawn();
        let child = child.expect("it is installed");
        wait_until(PATIENCE, "socat listens", || {
            // To look by connecting would be to use it.
            let is_taken = TcpListener::bind(entry).is_err();
            is_taken.then_some(()).ok_or(String::new())
        });
        Self { child, entry }
    }
}

impl Drop for Tunnel {
    fn drop(&mut self) {
        self.child.kill().unwrap_or_default();
        self.child.wait().map(|_| ()).unwrap_or_default();
    }
}

fn start(papers: &Papers, chassis: &Chassis, with_authority: bool) -> (Shelfd, SocketAddr) {
    let at = SocketAddr::from(([127, 0, 0, 1], free_port()));
    let listen = papers.listen(at, with_authority);
    let shelfd = Shelfd::start_with_hpi_and(chassis.lan(), |config| {
        config.replace("[listen]\n", &listen)
    });
    discovered(&shelfd);
    (shelfd, at)
}

#[test]
fn clients_see_the_same_through_a_tunnel() {
    let (papers, chassis) = (Papers::make(), Chassis::start());
    let (shelfd, at) = start(&papers, &chassis, false);
    let tunnel = Tunnel::dig(&papers, at, None);
    for line in ["hpitree -a", "hpiinv", "ohhandler list"] {
        let openly = run_at(shelfd.hpi(), line);
        assert_eq!(run_at(tunnel.entry, line), openly, "{line}");
    }
    // Who speaks openly is not understood, and who says nothing sensible harms nobody.
    let call = frame(ByteOrder::Little, &SessionOpen { domain: 0 });
    for bytes in [&call, &vec![0; 100_000], &vec![0xff; 5]] {
        let mut raw = Raw::connect(at, ByteOrder::Little);
        raw.send(bytes).unwrap_or_default();
        raw.end();
        raw.is_closed();
    }
    assert!(run_at(tunnel.entry, "ohdomainlist").contains('1'));
}

#[test]
fn where_clients_must_show_a_certificate_only_those_that_do_come_in() {
    let (papers, chassis) = (Papers::make(), Chassis::start());
    let (_shelfd, at) = start(&papers, &chassis, true);
    let known = Tunnel::dig(&papers, at, Some("client"));
    assert!(run_at(known.entry, "hpitree -a").contains("SENSOR_RDR"));
    for who in [None, Some("stranger")] {
        let tunnel = Tunnel::dig(&papers, at, who);
        let mut raw = Raw::connect(tunnel.entry, ByteOrder::Little);
        raw.send(&frame(ByteOrder::Little, &SessionOpen { domain: 0 }))
            .unwrap_or_default();
        assert_eq!(raw.hear(), Heard::Closed, "{who:?}");
    }
}
