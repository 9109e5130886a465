use super::*;
use std::sync::mpsc;

struct Place(PathBuf);

impl Place {
    fn new(what: &str) -> Self {
        let name = format!("openshelf-line-{what}-{}", std::process::id());
        let path = std::env::temp_dir().join(name);
        fs::create_dir_all(&path).unwrap();
        Self(path)
    }

    fn line(&self) -> PathBuf {
        self.0.join("line")
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        fs::remove_dir_all(&self.0).unwrap();
    }
}

/// A file names its holder; anything else is nobody's.
#[test]
fn what_a_file_says() {
    let place = Place::new("file");
    let line = Line::File(place.line());
    let now = || look(&line, &mut None, NodeId(2));
    let path = place.line().display().to_string();
    let missing = format!("arbitration line {path}: No such file or directory (os error 2)");
    assert_eq!(now(), Holder::Unknown(missing));
    for (text, expected) in [("2", true), ("2\n", true), ("1\n", false), ("22", false)] {
        fs::write(place.line(), text).unwrap();
        assert_eq!(now() == Holder::Us, expected, "{text}");
    }
    for text in ["", "\n", "two", "-2", "2 1"] {
        fs::write(place.line(), text).unwrap();
        let wrong = format!("arbitration line {path}: there is no node's number in it");
        assert_eq!(now(), Holder::Unknown(wrong));
    }
}

/// A chip that is not there, and a device that is none, are named.
#[test]
fn what_a_chip_says() {
    let line = |chip: &str| Line::Gpio {
        chip: chip.into(),
        offset: 7,
    };
    let now = |chip| look(&line(chip), &mut None, NodeId(1));
    let missing = "arbitration line /dev/gpiochip999: No such file or directory (os error 2)";
    assert_eq!(now("/dev/gpiochip999"), Holder::Unknown(missing.into()));
    let Holder::Unknown(why) = now("/dev/null") else {
        panic!("no chip gave a line");
    };
    let expected = "arbitration line 7 of /dev/null: Inappropriate ioctl for device (os error 25); \
        `gpioinfo` of the package gpiod lists the lines and who uses them";
    assert_eq!(why, expected);
}

/// Changes are told, each once, and the end of the watch is the end of its thread.
#[test]
fn a_watch_tells_changes() {
    let place = Place::new("watch");
    fs::write(place.line(), "1").unwrap();
    let (told, heard) = mpsc::channel();
    let wake: Wake = Arc::new(move || told.send(()).unwrap());
    let line = Line::File(place.line());
    let watch = Watch::start(&line, NodeId(1), wake).unwrap().unwrap();
    assert_eq!(watch.holder(), Holder::Us);
    let moved = place.0.join("new");
    fs::write(&moved, "2").unwrap();
    fs::rename(&moved, place.line()).unwrap();
    heard.recv_timeout(Duration::from_secs(10)).unwrap();
    assert_eq!(watch.holder(), Holder::NotUs);
    fs::remove_file(place.line()).unwrap();
    heard.recv_timeout(Duration::from_secs(10)).unwrap();
    assert!(matches!(watch.holder(), Holder::Unknown(_)));
    drop(watch);
    assert!(heard.recv().is_err());
}

/// Who is woken may let go of the watch.
#[test]
fn a_watch_that_ends_itself() {
    let place = Place::new("end");
    let held: Arc<Mutex<Option<Watch>>> = Arc::default();
    let (told, heard) = mpsc::channel();
    let holding = Arc::clone(&held);
    let wake: Wake = Arc::new(move || {
        drop(holding.lock().unwrap().take());
        told.send(()).unwrap();
    });
    let line = Line::File(place.line());
    *held.lock().unwrap() = Watch::start(&line, NodeId(1), wake).unwrap();
    fs::write(place.line(), "1").unwrap();
    heard.recv_timeout(Duration::from_secs(10)).unwrap();
    assert!(held.lock().unwrap().is_none());
}

/// Without a line there is nothing to watch.
#[test]
fn no_line() {
    let watch = Watch::start(&Line::None, NodeId(1), Arc::new(|| {})).unwrap();
    assert!(watch.is_none());
}
