"""The table of verbs: one row says what a verb is called, what it takes, what it gives, and where it is answered.

The command line, the library's names, help, the reference and tests loop over this table. A new verb is one file, with
its options, its function and its result, and one row here. Nothing is imported but what a row is asked for.
"""

from __future__ import annotations

from dataclasses import dataclass
from importlib import import_module
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    from detente.workbench.options import Options
    from detente.workbench.results import Result

InputKind = Literal["case", "plan", "agreement", "source", "ledger", "key", "file"]
HelpGroup = Literal["Questions", "Plans and dossiers", "Cases and runs"]


@dataclass(frozen=True)
class Given:
    """What a verb is given before its options."""

    name: str
    kind: InputKind
    said: str
    required: bool = True
    many: bool = False
    flag: bool = False
    """Written as an option on the command line."""
    ending: str = ""
    """Left out on the command line, a file is named after the last input before it, with this at its end."""

    def to_json(self) -> dict[str, Any]:
        return {"name": self.name, "kind": self.kind, "required": self.required, "many": self.many}


@dataclass(frozen=True)
class Destination:
    """What the command line writes of a result where `--out` says."""

    place: Literal["folder", "file"]
    said: str


@dataclass(frozen=True)
class Verb:
    """One row of the table. `function` and `options` are named as module:name; a module without dots is of here."""

    name: str
    """As on the command line: "verify needs"."""
    function: str
    summary: str
    example: str
    inputs: tuple[Given, ...] = ()
    options: str = "options:Options"
    result: str = ""
    """The result's class, in the module of the function."""
    group: HelpGroup = "Questions"
    long: bool = False
    """Takes so long that it shows progress, can be stopped, and is asked in the background."""
    kept: bool = False
    """Its answer hangs on its inputs and options alone: it is stored, and given again when it is asked again."""
    writes: Literal["file", "ledger", "library"] | None = None
    doing: str = ""
    """What a terminal says while it is answered; {0} is the first input."""
    out: Destination | None = None

    @property
    def python(self) -> str:
        """Its name in Python."""
        return self.function.partition(":")[2]

    @property
    def module(self) -> str:
        """Where it is answered."""
        return _module(self.function)

    def ask(self, *inputs: Any, **given: Any) -> Result:
        """Its answer, as Python's function gives it."""
        result: Result = _named(self.function)(*inputs, **given)
        return result

    def options_model(self) -> type[Options]:
        model: type[Options] = _named(self.options)
        return model

    def result_type(self) -> type[Result]:
        kind: type[Result] = _named(f"{self.function.partition(':')[0]}:{self.result}")
        return kind

    def to_json(self) -> dict[str, Any]:
        """As `detente schema verbs` prints it."""
        return {
            "name": self.name,
            "summary": self.summary,
            "inputs": [i.to_json() for i in self.inputs],
            "options": self.options_model().model_json_schema(),
            "result": self.result_type().json_schema(),
            "long": self.long,
            "kept": self.kept,
            "writes": self.writes,
        }


def _module(reference: str) -> str:
    module = reference.partition(":")[0]
    return module if "." in module else f"detente.workbench.{module}"


def _named(reference: str) -> Any:
    return getattr(import_module(_module(reference)), reference.partition(":")[2])


def verb(name: str) -> Verb:
    """The row of a verb, by its name or its name in Python. Raises KeyError."""
    for row in VERBS:
        if name in (row.name, row.python):
            return row
    raise KeyError(name)


CASE = Given("case", "case", "A bundled case's id, or a file.")
PLAN = Given("plan", "plan", "A plan, as JSON.")
OWN_CASE = Given("case", "case", "A bundled case's id, or a file; or a plan that names its case itself.")
OF_A_CASE = Given("plan", "plan", "The plan, as JSON.", required=False)
YAML = Given("out", "file", "The YAML file to write; left out, it is printed.", required=False, flag=True)


def _to(said: str, ending: str, *, required: bool = False) -> Given:
    return Given("out", "file", said, required=required, flag=True, ending=ending)


PAGE = Destination("folder", "Folder for a page with the picture and the table.")
PICTURES = Destination("folder", "Folder for a page with the picture and the tables.")

QUESTIONS = (
    Verb(
        "assess",
        "solving:assess",
        "Say whether the parties can reach a satisfactory deal, and what it looks like.",
        example="detente assess korea-2018 --out report",
        inputs=(CASE,),
        options="options:AssessOptions",
        result="AssessResult",
        long=True,
        kept=True,
        doing="Assessing {0}",
        out=Destination("folder", "Folder for the HTML report, its figures and tables, and the plans."),
    ),
    Verb(
        "design",
        "solving:design",
        "Find the best satisfactory plan under a rule, or prove that there is none.",
        example="detente design korea-2018 --rule nash --success minimal --out plan.json",
        inputs=(CASE,),
        options="options:DesignOptions",
        result="DesignResult",
        long=True,
        kept=True,
        doing="Designing for {0}",
        out=Destination("file", "File for the plan, as JSON that check, evaluate and compare read."),
    ),
    Verb(
        "explain",
        "questions:explain",
        "Say why there is no deal, and what the cheapest ways to one are.",
        example="detente explain korea-2018 --openings usa",
        inputs=(CASE,),
        options="options:ExplainOptions",
        result="ExplainResult",
        long=True,
        kept=True,
        doing="Explaining {0}",
        out=Destination("folder", "Folder for the concessions as overlays, and the plans that they open."),
    ),
    Verb(
        "gap",
        "questions:gap",
        "Say what each party asks, thinks that it can get, can get, and gets.",
        example="detente gap korea-2018 --success minimal",
        inputs=(CASE,),
        options="options:GapOptions",
        result="GapResult",
        long=True,
        kept=True,
        doing="Expectations and reality of {0}",
        out=PAGE,
    ),
    Verb(
        "answers",
        "answering:answers",
        "Say what follows each breach of a deal, and which answers would fit it.",
        example="detente answers jpoa-2013 --success minimal",
        inputs=(CASE, Given("plan", "plan", "A plan, as JSON; left out, the best one is looked for.", required=False)),
        options="options:AnswersOptions",
        result="AnswersResult",
        long=True,
        kept=True,
        doing="Breaches and answers of {0}",
        out=PAGE,
    ),
    Verb(
        "critical",
        "questions:critical",
        "Find the numbers that the verdict hangs on, and where it flips.",
        example="detente critical korea-2018 --success full --only parties.dprk",
        inputs=(CASE,),
        options="options:CriticalOptions",
        result="CriticalResult",
        long=True,
        kept=True,
        doing="Turning the numbers of {0}",
        out=PAGE,
    ),
    Verb(
        "frontier",
        "questions:frontier",
        "Find the Pareto frontier between the parties, and the fair points on it.",
        example="detente frontier korea-2018 --success minimal --out frontier",
        inputs=(CASE,),
        options="options:FrontierOptions",
        result="FrontierResult",
        long=True,
        kept=True,
        doing="The frontier of {0}",
        out=Destination("folder", "Folder for a page on which each point opens its roadmap, and for the plans."),
    ),
)

VERIFICATIONS = (
    Verb(
        "verify declaration",
        "declaring:verify_declaration",
        "Say whether a declaration adds up, and whether it agrees with what others know.",
        example="detente verify declaration dprk-2008 --out declaration",
        inputs=(Given("source", "source", "A bundled declaration (dprk-2008, dprk-2018), or a file."),),
        options="options:VerifyDeclarationOptions",
        result="VerifyDeclarationResult",
        kept=True,
        doing="Verify declaration: {0}",
        out=PICTURES,
    ),
    Verb(
        "verify balance",
        "balancing:verify_balance",
        "Close material balances: what is missing, and is it more than error?",
        example="detente verify balance measurements.csv --loss 8 --false-alarms 5%",
        inputs=(Given("source", "source", "Measurements as CSV or XLSX; `practice` is a made-up area."),),
        options="options:VerifyBalanceOptions",
        result="VerifyBalanceResult",
        kept=True,
        doing="Verify balance: {0}",
        out=Destination("folder", "Folder for a page with the pictures and the tables."),
    ),
    Verb(
        "verify sample",
        "sampling:verify_sample",
        "Say how many items to draw, and what a sample sees.",
        example="detente verify sample --items 120 --mean-kg 2 --goal-kg 8 --detection 90%",
        inputs=(
            Given(
                "source",
                "source",
                "Strata that share a budget, as YAML or CSV; `practice-store` is an example.",
                required=False,
            ),
        ),
        options="options:VerifySampleOptions",
        result="VerifySampleResult",
        kept=True,
        doing="Verify sample: {0}",
        out=PICTURES,
    ),
    Verb(
        "verify inspect",
        "inspecting:verify_inspect",
        "Plan inspections under a budget, against a violator who knows the plan.",
        example="detente verify inspect yongbyon-2018 --days 400 --out inspections",
        inputs=(Given("source", "source", "Sites, channels and effort as YAML; `yongbyon-2018` is an example."),),
        options="options:VerifyInspectOptions",
        result="VerifyInspectResult",
        kept=True,
        doing="Verify inspect: {0}",
        out=Destination("folder", "Folder for a page with the pictures, the calendar and the plan's record."),
    ),
    Verb(
        "verify needs",
        "needing:verify_needs",
        "Find the least inspection effort for a deal, and what more would buy.",
        example="detente verify needs korea-2018 --success minimal --out needs",
        inputs=(CASE,),
        options="options:NeedsOptions",
        result="NeedsResult",
        long=True,
        kept=True,
        doing="How much verification {0} needs",
        out=Destination("folder", "Folder for a page with the effort curve, the regimes as an overlay, and the plan."),
    ),
)

JUDGEMENTS = (
    Verb(
        "check",
        "judging:check",
        "Find what is wrong with a case, or with a plan for it.",
        example="detente check my.yaml plan.json --success minimal",
        inputs=(CASE, Given("plan", "plan", "A plan, as JSON.", required=False)),
        options="options:CheckOptions",
        result="CheckResult",
        group="Plans and dossiers",
    ),
    Verb(
        "evaluate",
        "judging:evaluate",
        "Judge a plan: every condition with its slack, and what it is worth to each party.",
        example="detente evaluate korea-2018 plan.json",
        inputs=(CASE, PLAN),
        options="options:EvaluateOptions",
        result="EvaluateResult",
        group="Plans and dossiers",
        kept=True,
    ),
    Verb(
        "compare",
        "comparing:compare",
        "Put plans side by side: values, least slack, dates.",
        example="detente compare korea-2018 mine.json theirs.json",
        inputs=(CASE, Given("plans", "plan", "Two plans or more, as JSON.", many=True)),
        options="options:CompareOptions",
        result="CompareResult",
        group="Plans and dossiers",
        kept=True,
    ),
    Verb(
        "diff",
        "comparing:diff",
        "Say what one case says differently from another, or what overlays change in it.",
        example="detente diff korea-2018 my.yaml",
        inputs=(
            Given("a", "case", "A bundled case's id, or a file."),
            Given("b", "case", "The other; left out, the first as the overlays change it.", required=False),
        ),
        options="options:DiffOptions",
        result="DiffResult",
        group="Plans and dossiers",
    ),
)

HOUSEKEEPING = (
    Verb(
        "cases",
        "catalogue:cases",
        "List the bundled cases.",
        example="detente cases",
        result="CasesResult",
        group="Cases and runs",
    ),
    Verb(
        "new",
        "catalogue:new",
        "Write a commented case to start from.",
        example='detente new my.yaml --title "Our dispute"',
        inputs=(Given("file", "file", "Where to write it; left out, it is printed.", required=False),),
        options="options:NewOptions",
        result="NewResult",
        group="Cases and runs",
        writes="file",
    ),
    Verb(
        "schema",
        "catalogue:schema",
        "Print the JSON Schema of a case, or the table of verbs, for editors and other programs.",
        example="detente schema > case.schema.json",
        inputs=(Given("of", "source", "`case`, or `verbs` for the table of verbs; left out, a case.", required=False),),
        result="SchemaResult",
        group="Cases and runs",
    ),
    Verb(
        "show",
        "showing:show",
        "Print a stored run again, or list the stored runs.",
        example="detente show 3fa2",
        inputs=(
            Given("run", "source", "A run's id, or its beginning; left out, the runs are listed.", required=False),
        ),
        result="ShowResult",
        group="Cases and runs",
        out=Destination("folder", "Where to write the run's report (a folder) or its plan (a file)."),
    ),
    Verb(
        "forget",
        "forgetting:forget",
        "Remove stored runs: one, all, or those of a case.",
        example="detente forget 3fa2",
        inputs=(Given("run", "source", "A run's id, or its beginning.", required=False),),
        options="options:ForgetOptions",
        result="ForgetResult",
        group="Cases and runs",
        writes="library",
    ),
)

EXCHANGES = (
    Verb(
        "sheets export",
        "sheets:export_sheets",
        "Write a case as a spreadsheet: an .xlsx file, or a folder of CSV files.",
        example="detente sheets export korea-2018 korea.xlsx",
        inputs=(CASE, Given("to", "file", "An .xlsx file, or a folder for CSV files.")),
        options="options:SheetsOptions",
        result="SheetsResult",
        group="Cases and runs",
        writes="file",
    ),
    Verb(
        "sheets import",
        "sheets:import_sheets",
        "Write the case of a spreadsheet as a YAML file.",
        example="detente sheets import korea.xlsx my.yaml",
        inputs=(
            Given("source", "source", "An .xlsx file, or a folder of CSV files."),
            Given("file", "file", "The YAML file to write."),
        ),
        options="options:ImportOptions",
        result="SheetsResult",
        group="Cases and runs",
        writes="file",
    ),
    Verb(
        "import genius",
        "importing:import_genius",
        "Read a GENIUS domain and its profiles.",
        example="detente import genius laptop --out laptop.yaml",
        inputs=(
            Given(
                "source", "source", "A folder with one domain and its profiles, or a domain file with profiles named."
            ),
            YAML,
        ),
        options="options:ImportGeniusOptions",
        result="ImportResult",
        group="Cases and runs",
        writes="file",
    ),
    Verb(
        "import negmas",
        "importing:import_negmas",
        "Read a NegMAS scenario folder.",
        example="detente import negmas scenario --out scenario.yaml",
        inputs=(Given("source", "source", "The scenario's folder."), YAML),
        options="options:ImportCaseOptions",
        result="ImportResult",
        group="Cases and runs",
        writes="file",
    ),
    Verb(
        "import ktab",
        "importing:import_ktab",
        "Read a KTAB file: parties and stakes, without measures.",
        example="detente import ktab actors.csv --out actors.yaml",
        inputs=(Given("source", "source", "The CSV file."), YAML),
        options="options:ImportCaseOptions",
        result="ImportResult",
        group="Cases and runs",
        writes="file",
    ),
    Verb(
        "export negmas",
        "exporting:export_negmas",
        "Write a case that is nothing but choices as a NegMAS scenario.",
        example="detente export negmas laptop.yaml --out scenario",
        inputs=(CASE, _to("The folder to write, by default named after the case.", "-negmas", required=True)),
        options="options:ExportOptions",
        result="ExportResult",
        group="Cases and runs",
        writes="file",
    ),
    Verb(
        "export ktab",
        "exporting:export_ktab",
        "Write parties, influence and stakes as a KTAB file.",
        example="detente export ktab actors.yaml --out actors.csv",
        inputs=(CASE, _to("The file to write, by default named after the case.", ".csv", required=True)),
        options="options:ExportOptions",
        result="ExportResult",
        group="Cases and runs",
        writes="file",
    ),
    Verb(
        "export efg",
        "exporting:export_efg",
        "Write the commit-or-break game of a plan for Gambit.",
        example="detente export efg korea-2018 plan.json --out plan.efg",
        inputs=(OWN_CASE, OF_A_CASE, _to("The file to write, by default named after the plan.", ".efg")),
        options="options:ExportOptions",
        result="ExportResult",
        group="Cases and runs",
        writes="file",
    ),
    Verb(
        "export ics",
        "exporting:export_ics",
        "Write the due dates of a plan as a calendar.",
        example="detente export ics korea-2018 plan.json --out plan.ics",
        inputs=(OWN_CASE, OF_A_CASE, _to("The file to write, by default named after the plan.", ".ics")),
        options="options:ExportOptions",
        result="ExportResult",
        group="Cases and runs",
        writes="file",
    ),
    Verb(
        "export xlsx",
        "exporting:export_xlsx",
        "Write a plan's roadmap, or a whole case, as a spreadsheet.",
        example="detente export xlsx korea-2018 plan.json --out plan.xlsx",
        inputs=(
            OWN_CASE,
            Given("plan", "plan", "The plan, as JSON; without one the case itself is written.", required=False),
            _to("An .xlsx or .csv file, or a folder for CSV files; by default named after the plan.", ".xlsx"),
        ),
        options="options:ExportOptions",
        result="ExportResult",
        group="Cases and runs",
        writes="file",
    ),
)

VERBS: tuple[Verb, ...] = (*QUESTIONS, *VERIFICATIONS, *JUDGEMENTS, *HOUSEKEEPING, *EXCHANGES)
