"""kingbolt for Conan 2: every part is an option, and what a part needs is required only with it. docs/packaging.md."""

import os
import re

from conan import ConanFile
from conan.errors import ConanInvalidConfiguration
from conan.tools.build import check_min_cppstd
from conan.tools.cmake import CMake, CMakeDeps, CMakeToolchain, cmake_layout
from conan.tools.files import copy, load

required_conan_version = ">=2.0"

# Each option: its component, as the CMake package names it and, in capitals, the CMake option; and what that links.
PARTS = {
    "native": ("native", ["asio::asio"]),
    "websocketpp": ("websocketpp", ["asio::asio", "openssl::ssl", "openssl::crypto"]),
    "tls": ("tls", ["openssl::ssl", "openssl::crypto"]),
    "deflate": ("compression", ["zlib::zlib"]),
    "jwt": ("jwt", ["openssl::crypto", "rapidjson::rapidjson"]),
    "json_protocol": ("json_protocol", ["rapidjson::rapidjson"]),
    "client": ("client", ["asio::asio", "rapidjson::rapidjson"]),
    "metrics": ("metrics", ["prometheus-cpp::prometheus-cpp-core"]),
    "circuit_breaker": ("circuit_breaker", ["asio::asio"]),
}

REQUIREMENTS = {
    "asio": "asio/1.32.0",  # the newest with which websocketpp 0.8.2 compiles
    "openssl": "openssl/[>=3.0 <4]",
    "prometheus-cpp": "prometheus-cpp/[>=1.0.1 <2]",
    "rapidjson": "rapidjson/cci.20230929",
    "zlib": "zlib/[>=1.2.11 <2]",
}


class Kingbolt(ConanFile):
    name = "kingbolt"
    description = "Resilient WebSocket hubs: keep-alive, bounds, routing, and the reason of every end"
    license = "MIT"
    topics = ("websocket", "asio", "resilience", "header-only")
    settings = "os", "arch", "compiler", "build_type"
    options = {part: [True, False] for part in PARTS}
    default_options = {part: part == "native" for part in PARTS} | {
        "websocketpp/*:asio": "standalone",
        "websocketpp/*:with_zlib": False,  # its own compression is not compiled in
        "prometheus-cpp/*:with_pull": False,  # a hub answers scrapes by itself
        "prometheus-cpp/*:with_push": False,
    }
    exports_sources = "CMakeLists.txt", "LICENSE", "cmake/*", "include/*", "src/*"

    def set_version(self):
        header = load(self, os.path.join(self.recipe_folder, "include", "kingbolt", "version.hpp"))
        self.version = ".".join(re.findall(r"#define KINGBOLT_VERSION_\w+ (\d+)", header))

    def configure(self):
        self.package_type = "static-library" if self.options.websocketpp else "header-library"

    def layout(self):
        cmake_layout(self)

    def requirements(self):
        wanted = {link.split("::")[0] for part in self._parts() for link in PARTS[part][1]}
        for package in sorted(wanted):
            # websocketpp's recipe asks for an older Asio, and only one can be in a program.
            forced = package == "asio" and bool(self.options.websocketpp)
            self.requires(REQUIREMENTS[package], transitive_headers=True, force=forced)
        if self.options.websocketpp:
            self.requires("websocketpp/0.8.2", visible=False)

    def validate(self):
        check_min_cppstd(self, 20)
        if self.options.native and self.settings.os != "Linux":
            raise ConanInvalidConfiguration("the native transport is for Linux only: native=False")

    def generate(self):
        CMakeDeps(self).generate()
        toolchain = CMakeToolchain(self)
        for part, (name, _) in PARTS.items():
            toolchain.cache_variables[f"KINGBOLT_{name.upper()}"] = bool(self.options.get_safe(part))
        for purpose in ("INSTALL", "BUILD_TESTS", "BUILD_EXAMPLES", "BUILD_BENCHMARKS"):
            toolchain.cache_variables[f"KINGBOLT_{purpose}"] = False
        toolchain.generate()

    def build(self):
        if self.options.websocketpp:
            cmake = CMake(self)
            cmake.configure()
            cmake.build()

    def package(self):
        copy(self, "LICENSE", self.source_folder, os.path.join(self.package_folder, "licenses"))
        copy(self, "*.hpp", os.path.join(self.source_folder, "include"), os.path.join(self.package_folder, "include"))
        if self.options.websocketpp:
            copy(self, "*.a", self.build_folder, os.path.join(self.package_folder, "lib"), keep_path=False)

    def package_id(self):
        # All headers are in every package, so that an option of theirs makes no other package: it only says what they require.
        if self.info.options.websocketpp:
            for part in PARTS:
                if part != "websocketpp":
                    self.info.options.rm_safe(part)
        else:
            self.info.clear()

    def package_info(self):
        self.cpp_info.set_property("cmake_file_name", "kingbolt")
        # kingbolt::kingbolt is the headers alone, as it is without Conan; this is the name of all parts together.
        self.cpp_info.set_property("cmake_target_name", "kingbolt::all")
        core = self.cpp_info.components["kingbolt"]
        self._describe(core, "kingbolt::kingbolt", "kingbolt")
        for part in self._parts():
            name, links = PARTS[part]
            component = self.cpp_info.components[name]
            self._describe(component, f"kingbolt::{name}", "kingbolt-" + name.replace("_", "-"))
            component.requires = ["kingbolt", *links]
            if name == "websocketpp":
                component.libs = ["kingbolt_websocketpp"]
                component.libdirs = ["lib"]

    def _parts(self):
        return [part for part in PARTS if self.options.get_safe(part)]

    def _describe(self, component, cmake_target, pkg_config_name):
        component.set_property("cmake_target_name", cmake_target)
        component.set_property("pkg_config_name", pkg_config_name)
        component.bindirs = []
        component.libdirs = []
