"""Man pages of memvec and of each command, from what `memvec --experimental-dump-help` prints.

    memvec --experimental-dump-help | python3 tools/man_pages.py VERSION FOLDER
"""
import json
import pathlib
import re
import sys


def text(words):
    """Escaped for roff: no line may begin with a dot or a quote."""
    escaped = (words or "").replace("\\", "\\e").replace("-", "\\-")
    return re.sub(r"^([.'])", r"\\&\1", escaped, flags=re.M)


def option(argument):
    names = [("--" if name["kind"] == "long" else "-") + name["name"] for name in argument.get("names", [])]
    value = f" <{argument['valueName']}>" if argument["kind"] == "option" else ""
    if argument["kind"] == "positional":
        return f"<{argument['valueName']}>"
    return ", ".join(names) + value


def page(command, path, version):
    """One page in roff."""
    title = "-".join(path)
    lines = [f'.TH {title.upper()} 1 "" "memvec {version}" "MemVec"', ".SH NAME",
             f"{text(title)} \\- {text(command.get('abstract', ''))}", ".SH SYNOPSIS", f".B {text(' '.join(path))}"]
    arguments = [argument for argument in command.get("arguments", []) if argument.get("shouldDisplay", True)]
    for argument in arguments:
        shown = text(option(argument))
        lines.append(f"[{shown}]" if argument.get("isOptional") else shown)
    if command.get("discussion"):
        lines += [".SH DESCRIPTION", ".nf", text(command["discussion"]), ".fi"]
    if arguments:
        lines.append(".SH OPTIONS")
        for argument in arguments:
            default = f" (default: {argument['defaultValue']})" if argument.get("defaultValue") else ""
            lines += [".TP", f".B {text(option(argument))}", text((argument.get("abstract") or "") + default)]
    subcommands = [sub for sub in command.get("subcommands", []) if sub["commandName"] != "help"]
    if subcommands:
        lines.append(".SH COMMANDS")
        for sub in subcommands:
            lines += [".TP", f".BR {text('-'.join(path + [sub['commandName']]))} (1)", text(sub.get("abstract"))]
    return "\n".join(lines) + "\n"


def write(command, path, version, folder):
    """The command's page and those of all below it; gives how many."""
    (folder / ("-".join(path) + ".1")).write_text(page(command, path, version))
    return 1 + sum(write(sub, path + [sub["commandName"]], version, folder)
                   for sub in command.get("subcommands", []) if sub["commandName"] != "help")


def main():
    version, folder = sys.argv[1:]
    command = json.load(sys.stdin)["command"]
    print(f"{write(command, ['memvec'], version, pathlib.Path(folder))} man pages")


if __name__ == "__main__":
    main()
