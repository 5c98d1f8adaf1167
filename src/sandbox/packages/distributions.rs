//! Well-known packages whose module has another name than the package.

use super::super::runtime;

/// Modules, each with the package that has it.
const NAMES: [(&str, &str); 28] = [
    ("Crypto", "pycryptodome"),
    ("OpenSSL", "pyOpenSSL"),
    ("PIL", "Pillow"),
    ("attr", "attrs"),
    ("bs4", "beautifulsoup4"),
    ("cv2", "opencv-python"),
    ("dateutil", "python-dateutil"),
    ("docx", "python-docx"),
    ("dotenv", "python-dotenv"),
    ("git", "GitPython"),
    ("google", "protobuf"),
    ("jose", "python-jose"),
    ("jwt", "PyJWT"),
    ("magic", "python-magic"),
    ("markdown", "Markdown"),
    ("mpl_toolkits", "matplotlib"),
    ("pkg_resources", "setuptools"),
    ("pylab", "matplotlib"),
    ("pptx", "python-pptx"),
    ("serial", "pyserial"),
    ("skimage", "scikit-image"),
    ("sklearn", "scikit-learn"),
    ("slugify", "python-slugify"),
    ("socks", "PySocks"),
    ("tlz", "toolz"),
    ("usb", "pyusb"),
    ("yaml", "PyYAML"),
    ("zmq", "pyzmq"),
];

/// Libraries of runtimes, each with the fuel that importing it takes, as measured with `tgsand run --json`.
const IMPORT_FUEL: [(&str, &str); 6] = [
    ("networkx", "2.2G"),
    ("numpy", "0.6G"),
    ("pandas", "4G"),
    ("scipy", "0.7G (scipy.stats 8.1G)"),
    ("sklearn", "12.3G"),
    ("sympy", "3.7G"),
];

/// What importing a library of a runtime takes, in words; empty if it is not known.
pub fn import_cost(module: &str) -> String {
    let known = IMPORT_FUEL.iter().find(|(name, _)| *name == module);
    known.map_or_else(String::new, |(name, fuel)| {
        format!("; importing {name} takes {fuel} of --fuel")
    })
}

/// The package that has a module.
pub fn package_of(module: &str) -> &str {
    NAMES.iter().find(|(name, _)| *name == module).map_or(module, |(_, package)| package)
}

/// The runtime that has the modules of a package, if one of them does.
pub fn runtime_with(package: &str) -> Option<String> {
    let known = NAMES.iter().filter(|(_, name)| normal(name) == normal(package));
    let modules = known.map(|(module, _)| *module).chain([package]);
    let libraries = runtime::libraries();
    let found = |module: &str| {
        let mut libraries = libraries.iter();
        libraries
            .find(|(name, _)| normal(name) == normal(module))
            .map(|(_, runtime)| runtime.clone())
    };
    modules.into_iter().find_map(found)
}

/// A package's name as indexes compare it.
pub fn normal(name: &str) -> String {
    let parts = name.split(['-', '_', '.']).filter(|part| !part.is_empty());
    parts.collect::<Vec<_>>().join("-").to_lowercase()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_package_is_known_by_its_module_and_the_other_way_round() {
        assert_eq!(package_of("yaml"), "PyYAML");
        assert_eq!(package_of("toolz"), "toolz");
        assert_eq!(runtime_with("Scikit_Learn").as_deref(), Some("python-3.15-sci"));
        assert_eq!(runtime_with("numpy").as_deref(), Some("python-3.15-sci"));
        assert_eq!(runtime_with("humanize"), None);
    }
}
