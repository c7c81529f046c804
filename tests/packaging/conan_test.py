"""conanfile.py without Conan: which options require what, what a package's id depends on, and which targets users get."""

import itertools
import re
import sys
import unittest
from pathlib import Path

import conan_stub

ROOT = Path(sys.argv.pop(1))
RECIPE = conan_stub.load_recipe(ROOT / "conanfile.py")

HEADER_PARTS = ["native", "tls", "deflate", "jwt", "json_protocol", "client", "metrics", "circuit_breaker"]
NEEDS = {
    "native": {"asio"},
    "websocketpp": {"asio", "openssl", "websocketpp"},
    "tls": {"openssl"},
    "deflate": {"zlib"},
    "jwt": {"openssl", "rapidjson"},
    "json_protocol": {"rapidjson"},
    "client": {"asio", "rapidjson"},
    "metrics": {"prometheus-cpp"},
    "circuit_breaker": {"asio"},
}


def recipe(**options):
    return conan_stub.configured(RECIPE.Kingbolt, ROOT, **options)


def only(*parts, **more):
    return recipe(**{part: part in parts for part in NEEDS}, **more)


def packages(made):
    made.requirements()
    return {reference.split("/")[0] for reference in made.required}


class Options(unittest.TestCase):
    def test_the_native_transport_is_on_and_everything_else_off(self):
        self.assertEqual({part: part == "native" for part in NEEDS}, {part: recipe().options.get_safe(part) for part in RECIPE.Kingbolt.options})

    def test_each_part_requires_what_it_needs_and_nothing_else(self):
        self.assertEqual(set(), packages(only()))
        for part, needs in NEEDS.items():
            self.assertEqual(needs, packages(only(part)), part)

    def test_parts_together_require_what_each_does(self):
        for several in itertools.combinations(NEEDS, 3):
            self.assertEqual(set().union(*(NEEDS[part] for part in several)), packages(only(*several)), several)

    def test_asio_is_forced_where_websocketpp_asks_for_an_older_one(self):
        for parts, forced in ((["native"], False), (["websocketpp"], True), (["native", "websocketpp"], True)):
            made = only(*parts)
            made.requirements()
            self.assertEqual(forced, made.required["asio/1.32.0"]["force"], parts)

    def test_users_of_the_compiled_transport_do_not_see_websocketpp(self):
        made = only("websocketpp")
        made.requirements()
        self.assertEqual({"visible": False}, made.required["websocketpp/0.8.2"])
        self.assertEqual("standalone", made.default_options["websocketpp/*:asio"])

    def test_the_native_transport_is_refused_elsewhere_than_on_linux(self):
        recipe().validate()
        recipe(system="Windows", native=False).validate()
        with self.assertRaisesRegex(conan_stub.ConanInvalidConfiguration, "Linux only"):
            recipe(system="Windows").validate()


class Packages(unittest.TestCase):
    def test_the_version_is_that_of_the_headers(self):
        header = (ROOT / "include/kingbolt/version.hpp").read_text(encoding="utf-8")
        self.assertEqual(re.findall(r"VERSION_\w+ (\d+)", header), recipe().version.split("."))

    def test_headers_are_one_package_for_all(self):
        for parts in ([], ["native"], HEADER_PARTS):
            made = only(*parts)
            self.assertEqual("header-library", made.package_type)
            self.assertTrue(conan_stub.package_id(made).cleared, parts)

    def test_the_compiled_transport_is_a_package_of_its_own_that_options_of_headers_do_not_multiply(self):
        ids = []
        for parts in ([], HEADER_PARTS):
            made = only("websocketpp", *parts)
            self.assertEqual("static-library", made.package_type)
            info = conan_stub.package_id(made)
            self.assertFalse(info.cleared)
            ids.append(vars(info.options))
        self.assertEqual([{"websocketpp": True}] * 2, ids)


class Targets(unittest.TestCase):
    def targets(self, made):
        made.package_info()
        return {component.properties["cmake_target_name"]: component for component in made.cpp_info.components.values()}

    def test_each_part_is_the_target_that_the_cmake_package_has(self):
        self.assertEqual({"kingbolt::kingbolt"}, set(self.targets(only())))
        every = self.targets(only(*NEEDS))
        install = (ROOT / "cmake/KingboltInstall.cmake").read_text(encoding="utf-8")
        components = re.search(r"foreach\(component IN ITEMS ([\w ]+)\)", install)[1].split()
        self.assertEqual({"kingbolt::kingbolt", *(f"kingbolt::{name}" for name in components)}, set(every))

    def test_pkg_config_files_have_the_names_that_are_installed_without_conan(self):
        for target, component in self.targets(only(*NEEDS)).items():
            name = target.removeprefix("kingbolt::")
            self.assertEqual("kingbolt" if name == "kingbolt" else "kingbolt-" + name.replace("_", "-"), component.properties["pkg_config_name"])

    def test_a_part_links_the_headers_and_its_dependencies_and_only_one_has_a_library(self):
        made = only(*NEEDS)
        made.requirements()
        for target, component in self.targets(made).items():
            if target == "kingbolt::kingbolt":
                self.assertEqual([], component.requires)
                continue
            self.assertEqual("kingbolt", component.requires[0])
            for link in component.requires[1:]:
                self.assertIn(link.split("::")[0], {reference.split("/")[0] for reference in made.required})
            self.assertEqual(["kingbolt_websocketpp"] if target == "kingbolt::websocketpp" else [], component.libs)


if __name__ == "__main__":
    unittest.main()
