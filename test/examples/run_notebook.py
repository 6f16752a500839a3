"""Runs a notebook in a folder and writes it with its outputs. Usage: run_notebook.py <notebook> <folder> <out> [parameters]"""

import sys

import nbformat
from nbclient import NotebookClient

source, folder, out, *parameters = sys.argv[1:]
notebook = nbformat.read(source, as_version=4)
if parameters:
    (cell,) = [each for each in notebook.cells if "parameters" in each.metadata.get("tags", ())]
    cell.source = "\n".join(parameters)
NotebookClient(
    notebook, kernel_name="python3", timeout=600, resources={"metadata": {"path": folder}}
).execute()
for cell in notebook.cells:
    cell.metadata.pop("execution", None)
nbformat.write(notebook, out)
