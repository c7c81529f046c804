"""As much of the module `conan` as conanfile.py uses, so that its methods can be called without Conan and their effects be read.

What Conan forbids is forbidden here too: `self.options` is out of reach in package_id.
"""

import collections
import sys
import types
from pathlib import Path


class Options:
    def __init__(self, values):
        self.__dict__.update(values)

    def get_safe(self, name):
        return self.__dict__.get(name)

    def rm_safe(self, name):
        self.__dict__.pop(name, None)


class Info:
    """What a package's id is made of."""

    def __init__(self, options):
        self.options = Options(options)
        self.cleared = False

    def clear(self):
        self.cleared = True


class Component:
    def __init__(self):
        self.properties, self.requires, self.libs = {}, [], []

    def set_property(self, name, value):
        self.properties[name] = value


class CppInfo(Component):
    def __init__(self):
        super().__init__()
        self.components = collections.defaultdict(Component)


class ConanFile:
    pass


class ConanInvalidConfiguration(Exception):
    pass


def load_recipe(path):
    """The module conanfile.py, with this stub in place of Conan."""
    names = {
        "conan": {"ConanFile": ConanFile},
        "conan.errors": {"ConanInvalidConfiguration": ConanInvalidConfiguration},
        "conan.tools": {},
        "conan.tools.build": {"check_min_cppstd": lambda *_: None},
        "conan.tools.cmake": dict.fromkeys(("CMake", "CMakeDeps", "CMakeToolchain", "cmake_layout")),
        "conan.tools.files": {"copy": None, "load": lambda _, file: Path(file).read_text(encoding="utf-8")},
    }
    for name, members in names.items():
        module = types.ModuleType(name)
        module.__dict__.update(members)
        sys.modules[name] = module
    recipe = types.ModuleType("conanfile")
    exec(compile(path.read_text(encoding="utf-8"), str(path), "exec"), recipe.__dict__)
    return recipe


def configured(recipe_class, folder, system="Linux", **options):
    """A recipe with these options on top of its defaults, after set_version and configure."""
    recipe = recipe_class()
    recipe.recipe_folder = str(folder)
    values = {name: value for name, value in recipe_class.default_options.items() if "/" not in name} | options
    unknown = set(options) - set(recipe_class.options)
    assert not unknown, unknown
    recipe.options = Options(values)
    recipe.settings = types.SimpleNamespace(os=system)
    recipe.required = {}
    recipe.requires = lambda reference, **traits: recipe.required.update({reference: traits})
    recipe.cpp_info = CppInfo()
    recipe.set_version()
    recipe.configure()
    return recipe


def package_id(recipe):
    """The recipe's Info after package_id."""
    recipe.info = Info(vars(recipe.options))
    options, recipe.options = recipe.options, None
    recipe.package_id()
    recipe.options = options
    return recipe.info
