"""Builds and runs a consumer of the package that was just made, with the parts that its options switch on."""

import os

from conan import ConanFile
from conan.tools.build import can_run
from conan.tools.cmake import CMake, CMakeToolchain, cmake_layout


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
        for transport in ("native", "websocketpp"):
            toolchain.cache_variables[f"WITH_{transport.upper()}"] = bool(self.dependencies["kingbolt"].options.get_safe(transport))
        toolchain.generate()

    def build(self):
        cmake = CMake(self)
        cmake.configure()
        cmake.build()

    def test(self):
        if can_run(self):
            for program in ("header_only", "native", "websocketpp"):
                path = os.path.join(self.cpp.build.bindir, program)
                if os.path.exists(os.path.join(self.build_folder, path)):
                    self.run(os.path.join(self.build_folder, path), env="conanrun")
