"""The recipes of packaging/ say what CMakeLists.txt, include/kingbolt/version.hpp and docs/dependencies.md say, and vcpkg's keep its rules."""

import json
import re
import sys
import unittest
from pathlib import Path

import conan_stub

ROOT = Path(sys.argv.pop(1))
PORTS = ROOT / "packaging/vcpkg/ports"


def read(path):
    return (ROOT / path).read_text(encoding="utf-8")


def without_repeated_members(pairs):
    names = [name for name, _ in pairs]
    assert len(names) == len(set(names)), names
    return dict(pairs)


def manifest(path):
    return json.loads(read(path), object_pairs_hook=without_repeated_members)


MANIFEST = manifest("vcpkg.json")
PORT = manifest("packaging/vcpkg/ports/kingbolt/vcpkg.json")
WEBSOCKETPP = manifest("packaging/vcpkg/ports/websocketpp/vcpkg.json")
CONAN = conan_stub.load_recipe(ROOT / "conanfile.py")
VERSION = ".".join(re.findall(r"#define KINGBOLT_VERSION_\w+ (\d+)", read("include/kingbolt/version.hpp")))
PORTFILE = read("packaging/vcpkg/ports/kingbolt/portfile.cmake")
FEATURE_OPTIONS = dict(re.findall(r"^ +([a-z-]+) +(KINGBOLT_\w+)\)?$", PORTFILE, re.MULTILINE))
COMPONENTS = re.search(r"foreach\(component IN ITEMS ([\w ]+)\)", read("cmake/KingboltInstall.cmake"))[1].split()
CMAKE_OPTIONS = re.findall(r"option\((KINGBOLT_\w+)", read("CMakeLists.txt"))


def names_of(dependencies):
    return {d if isinstance(d, str) else d["name"] for d in dependencies}


def dependency_table():
    """[(part, Debian packages, vcpkg ports, Conan packages)] of docs/dependencies.md; a row without a part belongs to the one above."""
    rows, part = [], ""
    for line in read("docs/dependencies.md").splitlines():
        cells = [cell.strip() for cell in line.strip("|").split("|")]
        if line.startswith("|") and len(cells) == 6 and not cells[0].startswith(("part", "---")):
            part = cells[0] or part
            # Of Debian's packages the name alone, and of vcpkg's and Conan's no folder.
            named = [{word.split()[0] for word in re.findall(r"`([^`/]+)`", cell)} for cell in cells[2:5]]
            rows.append((part, *named))
    return rows


def needs_by_component(column):
    needs = {}
    for part, *columns in dependency_table():
        target = re.match(r"`kingbolt::(\w+)`", part)
        if target:
            needs.setdefault(target[1], set()).update(columns[column])
    return needs


class Versions(unittest.TestCase):
    def test_every_recipe_has_the_version_of_the_headers(self):
        self.assertEqual(VERSION, MANIFEST["version-semver"])
        self.assertEqual(VERSION, PORT["version-semver"])
        self.assertEqual(VERSION, conan_stub.configured(CONAN.Kingbolt, ROOT).version)
        self.assertEqual(f"kingbolt ({VERSION}-1)", read("packaging/debian/changelog").partition(") ")[0] + ")")

    def test_the_changelog_begins_with_it(self):
        self.assertEqual(VERSION, re.search(r"^## (\S+)", read("CHANGELOG.md"), re.MULTILINE)[1])

    def test_asio_and_websocketpp_are_the_same_everywhere(self):
        asio = MANIFEST["overrides"][0]
        self.assertEqual(("asio", "1.32.0"), (asio["name"], asio["version"]))
        self.assertEqual(f"asio/{asio['version']}", CONAN.REQUIREMENTS["asio"])
        self.assertIn(f'"version": "{asio["version"]}"', read("packaging/vcpkg/ports/kingbolt/usage"))
        made = conan_stub.configured(CONAN.Kingbolt, ROOT, websocketpp=True)
        made.requirements()
        self.assertIn(f"websocketpp/{WEBSOCKETPP['version']}", made.required)
        self.assertIn(f"find_package(Websocketpp {WEBSOCKETPP['version']} ", read("src/CMakeLists.txt"))


class VcpkgRules(unittest.TestCase):
    """learn.microsoft.com/vcpkg/reference/vcpkg-json, as far as these three manifests use it."""

    NAME = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")
    VERSIONS = {"version", "version-semver", "version-date", "version-string"}
    MEMBERS = VERSIONS | {"name", "description", "homepage", "license", "dependencies", "features", "default-features", "supports", "port-version"}
    MEMBERS_OF_A_ROOT = {"builtin-baseline", "overrides", "vcpkg-configuration"}
    RESERVED = {"default", "core"}

    def check_members(self, value, allowed, what):
        self.assertEqual(set(), {name for name in value if not name.startswith("$")} - allowed, what)

    def check_dependencies(self, dependencies, features_of_it):
        for dependency in dependencies:
            if isinstance(dependency, str):
                self.assertRegex(dependency, self.NAME)
            else:
                self.check_members(dependency, {"name", "host", "features", "default-features", "platform", "version>="}, features_of_it)
                self.assertIs(bool, type(dependency.get("host", False)))

    def check(self, manifest, members):
        self.check_members(manifest, members, manifest["name"])
        self.assertTrue(self.NAME.fullmatch(manifest["name"]))
        self.assertEqual(1, len(self.VERSIONS & set(manifest)), "one version, of one kind")
        self.assertRegex(manifest.get("version-semver", manifest.get("version")), r"^\d+\.\d+\.\d+$")
        self.check_dependencies(manifest.get("dependencies", []), manifest["name"])
        features = manifest.get("features", {})
        for name, feature in features.items():
            self.assertTrue(self.NAME.fullmatch(name) and name not in self.RESERVED, name)
            self.check_members(feature, {"description", "dependencies", "supports", "license"}, name)
            self.assertTrue(feature["description"])
            self.check_dependencies(feature.get("dependencies", []), name)
        for default in manifest.get("default-features", []):
            self.check_members(default, {"name", "platform"}, default)
            self.assertIn(default["name"], features)

    def test_the_three_manifests_are_well_formed(self):
        self.check(MANIFEST, self.MEMBERS | self.MEMBERS_OF_A_ROOT)
        self.check(PORT, self.MEMBERS)
        self.check(WEBSOCKETPP, self.MEMBERS)

    def test_an_override_has_a_baseline_and_overlays_are_where_they_say(self):
        self.assertRegex(MANIFEST["builtin-baseline"], r"^[0-9a-f]{40}$")
        for override in MANIFEST["overrides"]:
            self.check_members(override, {"name", "version", "port-version"}, override)
        for folder in MANIFEST["vcpkg-configuration"]["overlay-ports"]:
            self.assertTrue((ROOT / folder).is_dir(), folder)

    def test_a_port_is_a_folder_of_its_name_with_a_portfile_that_installs_the_licence(self):
        for port in (PORT, WEBSOCKETPP):
            self.assertIn("vcpkg_install_copyright(", (PORTS / port["name"] / "portfile.cmake").read_text(encoding="utf-8"))

    def test_websocketpp_is_pinned_by_commit_and_hash(self):
        portfile = (PORTS / "websocketpp/portfile.cmake").read_text(encoding="utf-8")
        self.assertRegex(portfile, r"\n    REF [0-9a-f]{40}\n    SHA512 [0-9a-f]{128}\n")


class Parts(unittest.TestCase):
    def test_every_component_is_a_feature_and_an_option_of_cmake_that_exists(self):
        self.assertEqual(set(FEATURE_OPTIONS), set(PORT["features"]))
        self.assertEqual({f"KINGBOLT_{name.upper()}" for name in COMPONENTS}, set(FEATURE_OPTIONS.values()))
        self.assertEqual(set(), set(FEATURE_OPTIONS.values()) - set(CMAKE_OPTIONS))

    def test_conan_has_the_same_parts_under_the_same_names(self):
        self.assertEqual({name.replace("-", "_") for name in FEATURE_OPTIONS}, set(CONAN.PARTS))
        for feature, option in FEATURE_OPTIONS.items():
            self.assertEqual(option, f"KINGBOLT_{CONAN.PARTS[feature.replace('-', '_')][0].upper()}")

    def test_the_manifest_of_the_tree_has_the_features_of_the_port_as_they_are(self):
        self.assertEqual(PORT["features"], {name: MANIFEST["features"][name] for name in PORT["features"]})
        self.assertEqual(PORT["default-features"], MANIFEST["default-features"])


class Dependencies(unittest.TestCase):
    def test_each_feature_of_vcpkg_needs_what_the_table_says(self):
        for component, ports in needs_by_component(1).items():
            if component != "kingbolt":
                feature = next(name for name, option in FEATURE_OPTIONS.items() if option == f"KINGBOLT_{component.upper()}")
                self.assertEqual(ports, names_of(PORT["features"][feature]["dependencies"]), component)

    def test_each_option_of_conan_requires_what_the_table_says(self):
        for component, packages in needs_by_component(2).items():
            if component != "kingbolt":
                part = next(part for part, (name, _) in CONAN.PARTS.items() if name == component)
                made = conan_stub.configured(CONAN.Kingbolt, ROOT, **{other: other == part for other in CONAN.PARTS})
                made.requirements()
                self.assertEqual(packages, {reference.split("/")[0] for reference in made.required}, component)

    def test_debians_package_names_what_the_table_says(self):
        package = read("cmake/KingboltPackage.cmake")
        for component, packages in needs_by_component(0).items():
            # The compiler is everybody's own, and websocketpp is needed to build the library only.
            for name in packages - {"g++", "libwebsocketpp-dev"}:
                self.assertRegex(package, rf'[" ]{re.escape(name)}[")\s]', component)

    def test_tests_examples_and_benchmarks_have_a_feature_with_what_they_need(self):
        for part, _, ports, _ in dependency_table():
            if part in ("tests", "benchmarks", "examples, benchmarks"):
                offered = set().union(*(names_of(MANIFEST["features"][feature]["dependencies"]) for feature in part.split(", ")))
                self.assertLessEqual(ports, offered, part)


if __name__ == "__main__":
    unittest.main()
