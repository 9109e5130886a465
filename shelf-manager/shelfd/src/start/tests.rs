//! What is refused before anything is changed.

use super::{BIN_LITERAL, bind, check_model, credentials};
use crate::config::{Model, Privilege, User};
use appliance::Command;
use std::net::SocketAddr;
use std::path::PathBuf;

const CLASSES: (&str, &str) = (
    "classes/amf.xml",
    include_str!("../../../../examples/models/classes/amf.xml"),
);

fn check(bin: Option<&str>, files: &[(&str, &str)]) -> Result<Command, String> {
    let model = Model {
        bin: bin.map(PathBuf::from),
        ..Model::default()
    };
    let files = files
        .iter()
        .map(|(name, text)| ((*name).into(), (*text).into()));
    check_model(&model, files.collect())
}

fn model(objects: &str) -> String {
    format!(
        "<imm:IMM-contents xmlns:imm=\"http://www.saforum.org/IMMSchema\">\n\
         {objects}\n</imm:IMM-contents>\n"
    )
}

fn refused(objects: &str) -> String {
    let text = model(objects);
    check(None, &[CLASSES, ("mine.xml", &text)]).unwrap_err()
}

// People are sent to the line where the object begins, whoever refuses it: the reader of the file,
// the information model, or the service of its class.
#[test]
fn a_refusal_names_file_and_line() {
    let why = refused("<object class=\"SaAmfApplication\">");
    assert!(why.starts_with("mine.xml:"), "{why}");
    let why = refused("\n<object class=\"NoSuchClass\"><dn>a=b</dn></object>");
    assert!(why.starts_with("mine.xml:3: "), "{why}");
    let application = "<object class=\"SaAmfApplication\"><dn>safApp=a</dn>";
    let why = refused(&format!("\n\n{application}</object>"));
    assert!(why.starts_with("mine.xml:4: saAmfAppType "), "{why}");
    let unknown = "<attr><name>saAmfAppType</name><value>safVersion=1,safAppType=x</value></attr>";
    let why = refused(&format!("\n\n{application}{unknown}</object>"));
    assert!(why.starts_with("mine.xml:4: "), "{why}");
    assert!(why.contains("safAppType=x"), "{why}");
}

// The program's folder takes the literal's place in all files.
#[test]
fn the_folder_of_programs_is_put_in() {
    let files = [CLASSES, ("mine.xml", &model(""))];
    assert!(check(None, &files).is_ok());
    let text = include_str!("../../../../examples/models/counter.xml");
    assert!(text.contains(BIN_LITERAL));
    let demo = include_str!("../../../../examples/models/demo.xml");
    let classes = [
        include_str!("../../../../examples/models/classes/clm.xml"),
        include_str!("../../../../examples/models/classes/plm.xml"),
        include_str!("../../../../examples/models/classes/smf.xml"),
    ];
    let mut files = vec![CLASSES];
    files.extend(classes.map(|text| ("classes", text)));
    files.extend([("demo.xml", demo), ("counter.xml", text)]);
    let load = check(Some("/srv/bin"), &files).unwrap();
    let Command::Load { batch, .. } = load else {
        panic!("{load:?}");
    };
    let said = format!("{batch:?}");
    assert!(said.contains("/srv/bin"));
    assert!(!said.contains(BIN_LITERAL));
}

fn listen(address: &str, users: &[User]) -> Result<SocketAddr, String> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_io()
        .build()
        .unwrap();
    let bound = runtime.block_on(bind(address.parse().unwrap(), users));
    bound.map(|listener| listener.local_addr().unwrap())
}

// Whoever is reached from other hosts must know who may log in.
#[test]
fn off_host_needs_a_user() {
    for address in ["0.0.0.0:0", "[::]:0", "192.0.2.1:80"] {
        let why = listen(address, &[]).unwrap_err();
        assert!(why.contains("[[user]]"), "{why}");
    }
    let user = User {
        name: "a".into(),
        password: "b".into(),
        privilege: Privilege::Administrator,
    };
    assert!(listen("0.0.0.0:0", &[user]).is_ok());
    assert!(listen("127.0.0.1:0", &[]).is_ok());
}

// Whoever only reads, over IPMI, logs in nowhere else.
#[test]
fn users_do_not_log_in_at_the_console() {
    let levels = [
        Privilege::User,
        Privilege::Operator,
        Privilege::Administrator,
    ];
    let users = levels.map(|privilege| User {
        name: format!("{privilege:?}"),
        password: "b".into(),
        privilege,
    });
    let names = credentials(&users).into_iter().map(|found| found.name);
    assert_eq!(names.collect::<Vec<_>>(), ["Operator", "Administrator"]);
}

#[test]
fn an_address_in_use_is_said_to_be() {
    let other = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = other.local_addr().unwrap().to_string();
    let why = listen(&address, &[]).unwrap_err();
    assert!(why.contains("in use") && why.contains(&address), "{why}");
}
