//! What the workspace consists of: packages from `cargo metadata`, files from the disk.

use serde_json::Value;
use std::path::{Path, PathBuf};
use std::process::Command;

/// The workspace that this program was built in.
pub(crate) struct Workspace {
    pub(crate) root: PathBuf,
    pub(crate) packages: Vec<Package>,
    /// Every file of the tree, relative to the root, sorted; without build output and version
    /// control.
    pub(crate) files: Vec<PathBuf>,
}

/// One package.
#[derive(Clone, Debug)]
pub(crate) struct Package {
    pub(crate) name: String,
    /// `package.metadata.layer`.
    pub(crate) layer: Option<String>,
    /// Relative to the root.
    pub(crate) folder: PathBuf,
    /// Packages that it imports, workspace members or not; without dev-dependencies.
    pub(crate) imports: Vec<String>,
    pub(crate) targets: Vec<Target>,
}

/// One crate of a package.
#[derive(Clone, Debug)]
pub(crate) struct Target {
    pub(crate) name: String,
    /// `lib`, `bin`, `test`, `bench`, `example`, `custom-build`.
    pub(crate) kind: String,
    /// Root file, relative to the workspace's root.
    pub(crate) file: PathBuf,
}

impl Workspace {
    /// Reads the workspace around this program's own sources.
    pub(crate) fn load() -> Result<Self, String> {
        let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
        let output = Command::new(cargo)
            .args(["metadata", "--no-deps", "--format-version", "1"])
            .current_dir(env!("CARGO_MANIFEST_DIR"))
            .output()
            .map_err(|why| format!("cargo metadata: {why}"))?;
        if !output.status.success() {
            return Err(String::from_utf8_lossy(&output.stderr).into_owned());
        }
        let json = serde_json::from_slice(&output.stdout).map_err(|why| why.to_string())?;
        Self::from_metadata(&json)
    }

    fn from_metadata(json: &Value) -> Result<Self, String> {
        let root = json["workspace_root"]
            .as_str()
            .ok_or("cargo metadata: no workspace_root")?;
        let root = PathBuf::from(root);
        let packages = json["packages"]
            .as_array()
            .ok_or("cargo metadata: no packages")?;
        let packages = packages
            .iter()
            .map(|json| Package::from_metadata(json, &root))
            .collect();
        let mut files = Vec::new();
        walk(&root, Path::new(""), &mut files).map_err(|why| why.to_string())?;
        files.sort();
        Ok(Self {
            root,
            packages,
            files,
        })
    }

    /// The text of a file; `None` when it is not UTF-8 (a picture, say) or gone.
    pub(crate) fn read(&self, file: &Path) -> Option<String> {
        std::fs::read_to_string(self.root.join(file)).ok()
    }
}

impl Package {
    fn from_metadata(json: &Value, root: &Path) -> Self {
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        let relative = |value: &Value| {
            let path = PathBuf::from(text(value));
            path.strip_prefix(root)
                .map(Path::to_path_buf)
                .unwrap_or(path)
        };
        let list = |value: &Value| value.as_array().cloned().unwrap_or_default();
        let manifest = relative(&json["manifest_path"]);
        Self {
            name: text(&json["name"]),
            layer: json["metadata"]["layer"].as_str().map(str::to_owned),
            folder: manifest.parent().unwrap_or(Path::new("")).to_path_buf(),
            imports: list(&json["dependencies"])
                .iter()
                .filter(|dependency| dependency["kind"].as_str() != Some("dev"))
                .map(|dependency| text(&dependency["name"]))
                .collect(),
            targets: list(&json["targets"])
                .iter()
                .map(|target| Target {
                    name: text(&target["name"]),
                    kind: text(&target["kind"][0]),
                    file: relative(&target["src_path"]),
                })
                .collect(),
        }
    }

    /// Whether the compiler must keep this package pure: a vocabulary or a machine.
    pub(crate) fn is_pure(&self) -> bool {
        matches!(self.layer.as_deref(), Some("vocabulary" | "machine"))
    }
}

/// Collects files below `root/folder`, without build output, fetched packages and hidden folders.
fn walk(root: &Path, folder: &Path, files: &mut Vec<PathBuf>) -> std::io::Result<()> {
    for entry in std::fs::read_dir(root.join(folder))? {
        let entry = entry?;
        let name = entry.file_name().to_string_lossy().into_owned();
        let path = folder.join(&name);
        let is_output = name == "target" || name.starts_with("target-") || name == "run";
        let is_hidden = name.starts_with('.') && name != ".ci" && name != ".cargo";
        if name == ".git" {
            continue; // A folder, or in a linked work tree a file.
        }
        if !entry.file_type()?.is_dir() {
            files.push(path);
        } else if !is_output && !is_hidden && name != "node_modules" && name != "__pycache__" {
            walk(root, &path, files)?;
        }
    }
    Ok(())
}
