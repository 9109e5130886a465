//! A headless Chromium, driven through WebDriver.
//!
//! Source: W3C WebDriver (Recommendation of 5 June 2018): JSON over HTTP, which needs no library.

use crate::{Place, free_port, program, wait_until};
use serde_json::{Value, json};
use std::fs::File;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

/// How long the driver and the browser may take to start.
const START_LIMIT: Duration = Duration::from_secs(30);
/// How long a command may take.
const COMMAND_LIMIT: Duration = Duration::from_secs(30);
/// Key of an element's reference in JSON. Source: WebDriver §13.
const ELEMENT_KEY: &str = "element-6066-11e4-a52e-4f735466cecf";

/// A browser with one window. It ends with this value.
#[derive(Debug)]
pub struct Browser {
    driver: Child,
    port: u16,
    session: String,
    _place: Place,
}

/// An element of the page.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Element(String);

impl Browser {
    /// Starts one.
    ///
    /// # Panics
    /// When it is not installed, or does not start.
    pub fn start() -> Self {
        program("chromium", "chromium");
        let driver = program("chromedriver", "chromium-driver");
        let (port, place) = (free_port(), Place::new("browser"));
        let log = File::create(place.file("log")).expect("the folder is new");
        let driver = Command::new(driver)
            .arg(format!("--port={port}"))
            .env("TMPDIR", place.path())
            .stdin(Stdio::null())
            .stderr(log.try_clone().expect("an open file"))
            .stdout(log)
            .spawn()
            .expect("chromedriver is installed");
        let mut browser = Self {
            driver,
            port,
            session: String::new(),
            _place: place,
        };
        wait_until(START_LIMIT, "chromedriver answers", || {
            browser.send("GET", "/status", None)
        });
        // Chromium's own sandbox does not work for root, and /dev/shm is small in containers.
        let arguments = [
            "--headless=new",
            "--no-sandbox",
            "--disable-dev-shm-usage",
            "--disable-gpu",
        ];
        let options = json!({"args": arguments});
        let wanted = json!({"capabilities": {"alwaysMatch": {"goog:chromeOptions": options}}});
        let made = browser.send("POST", "/session", Some(&wanted));
        let made = made.unwrap_or_else(|why| panic!("chromium does not start: {why}"));
        browser.session = made["sessionId"]
            .as_str()
            .expect("a session has an id")
            .to_owned();
        browser
    }

    /// Opens a page.
    ///
    /// # Panics
    /// When it cannot be loaded.
    #[track_caller]
    pub fn open(&self, url: &str) {
        self.command("POST", "/url", Some(&json!({"url": url})));
    }

    /// The first element that a CSS selector finds, also inside shadow roots.
    pub fn find(&self, selector: &str) -> Option<Element> {
        self.find_all(selector).into_iter().next()
    }

    /// All elements that a CSS selector finds, also inside shadow roots, which selectors do not
    /// enter.
    ///
    /// # Panics
    /// When the selector is wrong.
    #[track_caller]
    pub fn find_all(&self, selector: &str) -> Vec<Element> {
        let script = "const found = [], look = root => {
              found.push(...root.querySelectorAll(arguments[0]));
              for (const each of root.querySelectorAll('*')) if (each.shadowRoot) look(each.shadowRoot);
            };
            look(document);
            return found;";
        let found = self.script(script, json!([selector]));
        let references = found.as_array().cloned().unwrap_or_default();
        let id = |found: &Value| found[ELEMENT_KEY].as_str().map(|id| Element(id.to_owned()));
        references.iter().filter_map(id).collect()
    }

    /// Clicks an element, as a hand would: it must be visible and enabled.
    ///
    /// # Panics
    /// When it cannot be clicked.
    #[track_caller]
    pub fn click(&self, element: &Element) {
        self.command(
            "POST",
            &format!("/element/{}/click", element.0),
            Some(&json!({})),
        );
    }

    /// Types into an element.
    ///
    /// # Panics
    /// When it takes no text.
    #[track_caller]
    pub fn type_text(&self, element: &Element, text: &str) {
        let path = format!("/element/{}/value", element.0);
        self.command("POST", &path, Some(&json!({"text": text})));
    }

    /// An attribute of an element; `None` when it has none.
    ///
    /// # Panics
    /// When the element is gone.
    #[track_caller]
    pub fn attribute(&self, element: &Element, name: &str) -> Option<String> {
        let value = self.command(
            "GET",
            &format!("/element/{}/attribute/{name}", element.0),
            None,
        );
        value.as_str().map(str::to_owned)
    }

    /// What an element shows.
    ///
    /// # Panics
    /// When the element is gone.
    #[track_caller]
    pub fn text_of(&self, element: &Element) -> String {
        let text = self.command("GET", &format!("/element/{}/text", element.0), None);
        text.as_str().unwrap_or_default().to_owned()
    }

    /// Runs a script in the page and returns what it returns.
    ///
    /// # Panics
    /// When the script throws.
    #[track_caller]
    pub fn script(&self, script: &str, arguments: Value) -> Value {
        let body = json!({"script": script, "args": arguments});
        self.command("POST", "/execute/sync", Some(&body))
    }

    /// The page as it is now, for messages.
    ///
    /// # Panics
    /// When the browser is gone.
    pub fn text(&self) -> String {
        let text = self.script("return document.body.innerText", json!([]));
        text.as_str().unwrap_or_default().to_owned()
    }

    #[track_caller]
    fn command(&self, method: &str, path: &str, body: Option<&Value>) -> Value {
        let path = format!("/session/{}{path}", self.session);
        self.send(method, &path, body)
            .unwrap_or_else(|why| panic!("{method} {path}: {why}"))
    }

    /// One request of WebDriver; answers with the `value` of the response.
    fn send(&self, method: &str, path: &str, body: Option<&Value>) -> Result<Value, String> {
        let body = body.map(Value::to_string).unwrap_or_default();
        let (status, text) =
            http(self.port, &format!("{method} {path}"), &body).map_err(|why| why.to_string())?;
        let mut answer: Value =
            serde_json::from_str(&text).map_err(|why| format!("{why}: {text}"))?;
        match status {
            200 => Ok(answer["value"].take()),
            _ => Err(format!("{status}: {}", answer["value"]["message"])),
        }
    }
}

impl Drop for Browser {
    fn drop(&mut self) {
        // The driver closes the browser with the session; it may be gone already.
        let path = format!("/session/{}", self.session);
        self.send("DELETE", &path, None)
            .map(|_| ())
            .unwrap_or_default();
        self.driver.kill().unwrap_or_default();
        self.driver.wait().map(|_| ()).unwrap_or_default();
    }
}

/// One HTTP exchange with this host: status and body.
fn http(port: u16, request: &str, body: &str) -> std::io::Result<(u16, String)> {
    let mut stream = TcpStream::connect(("127.0.0.1", port))?;
    stream.set_read_timeout(Some(COMMAND_LIMIT))?;
    let length = body.len();
    write!(
        stream,
        "{request} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nConnection: close\r\n\
         Content-Type: application/json\r\nContent-Length: {length}\r\n\r\n{body}"
    )?;
    let mut reader = BufReader::new(stream);
    let mut line = String::new();
    reader.read_line(&mut line)?;
    let status = line
        .split(' ')
        .nth(1)
        .and_then(|code| code.parse().ok())
        .unwrap_or(0);
    let mut length = 0;
    loop {
        line.clear();
        reader.read_line(&mut line)?;
        let Some((name, value)) = line.trim().split_once(':') else {
            break;
        };
        if name.eq_ignore_ascii_case("content-length") {
            length = value.trim().parse().unwrap_or(0);
        }
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body)?;
    Ok((status, String::from_utf8_lossy(&body).into_owned()))
}
