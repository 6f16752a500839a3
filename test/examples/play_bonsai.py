"""Does with examples/bonsai what Bonsai does: reads the workflow, runs the text of its script, then sets and evaluates.

Prints what the expression gives for the numbers 0 to 3, as JSON.
"""

import json
import pathlib
import xml.etree.ElementTree as ElementTree

FOLDER = pathlib.Path("examples/bonsai")
TYPE = "{http://www.w3.org/2001/XMLSchema-instance}type"
PYTHON = "{clr-namespace:Bonsai.Scripting.Python;assembly=Bonsai.Scripting.Python}"
BONSAI = "{https://bonsai-rx.org/2018/workflow}"

workflow = ElementTree.parse(FOLDER / "twin.bonsai").getroot().find(f"{BONSAI}Workflow")
nodes = [node.find(f"{BONSAI}Combinator") for node in workflow.find(f"{BONSAI}Nodes")]
edges = {int(edge.get("From")): int(edge.get("To")) for edge in workflow.find(f"{BONSAI}Edges")}


def find(kind: str) -> int:
    (found,) = [number for number, node in enumerate(nodes) if node.get(TYPE) == kind]
    return found


def text(kind: str, name: str) -> str:
    return nodes[find(kind)].find(f"{PYTHON}{name}").text


assert edges == {find("rx:Timer"): find("py:Set"), find("py:Set"): find("py:Eval")}, edges
scope: dict = {}
exec((FOLDER / text("py:CreateRuntime", "ScriptPath")).read_text(), scope)
found = []
for number in range(4):
    scope[text("py:Set", "VariableName")] = number
    found.append(eval(text("py:Eval", "Expression"), scope))
scope["stream"].close()
scope["service"].close()
scope["file"].close()
print(json.dumps(found))
