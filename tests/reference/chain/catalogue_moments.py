"""Write the moments and models that catalogue.R fits: the demo's complete rows, chain by chain.

.venv/bin/python tests/reference/chain/catalogue_moments.py
Rscript tests/reference/chain/catalogue.R tests/reference/chain
"""

import json
from pathlib import Path

import workbench as wb

HERE = Path(__file__).parent / "catalogue"
DEMO = Path(__file__).resolve().parents[3] / "data" / "demo"


def main() -> None:
    HERE.mkdir(exist_ok=True)
    study = wb.open_study(DEMO)
    rows = {}
    for name in study.chains():
        data = study.chain_data(name)
        items = [i for c in data.chain.constructs for i in study.codebook.items(c.name)]
        complete = data.frame[items].dropna()
        # Codes divided by ten: means of 0-100 in tens, so that the optimisers meet no big numbers.
        (complete / 10).cov().round(10).to_csv(HERE / f"{name}.csv", index_label="item")
        (HERE / f"{name}.lav").write_text(data.model, encoding="utf-8")
        rows[name] = len(complete)
    (HERE / "rows.json").write_text(json.dumps(rows, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
