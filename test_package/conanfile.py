"""Builds and runs consumers of the package that was just made: one of the headers, and one for each part that its options switch on."""

import os

from conan import ConanFile
from conan.tools.build import can_run
from conan.tools.cmake import CMake, CMakeToolchain, cmake_layout

# Option: folder of tests/install.
CONSUMERS = {
    "native": "native",
    "websocketpp": "websocketpp",
    "circuit_breaker": "circuit_breaker",
    "client": "client",
    "deflate": "compression",
    "jwt": "jwt",
    "metrics": "metrics",
    "tls": "tls",
}


class TestKingbolt(ConanFile):
    settings = "os", "arch", "compiler", "build_type"
    generators = "CMakeDeps"

    def requirements(self):
        self.requires(self.tested_reference_str)

    def layout(self):
        cmake_layout(self)

    def generate(self):
        toolchain = CMakeToolchain(self)
        toolchain.user_presets_path = False
        toolchain.cache_variables["CONSUMERS"] = ";".join(self._consumers())
        toolchain.generate()

    def build(self):
        cmake = CMake(self)
        cmake.configure()
        cmake.build()

    def test(self):
        if can_run(self):
            for consumer in self._consumers():
                self.run(os.path.join(self.build_folder, self.cpp.build.bindir, consumer), env="conanrun")

    def _consumers(self):
        options = self.dependencies["kingbolt"].options
        on = [option for option in CONSUMERS if options.get_safe(option)]
        if "native" not in on and "tls" in on:
            on.remove("tls")  # that consumer puts it under the native transport
        return ["header_only"] + [CONSUMERS[option] for option in on]
