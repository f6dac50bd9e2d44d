"""Who buys in the invented shop, and where: names and addresses in several scripts, currencies and tax rates."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Rate:
    """A tax rate; `share` is in units of 0.001 percent, so that 9.975 % is exact."""

    id: int
    code: str
    label: str
    share: int
    compound: bool = False

    @property
    def percent(self) -> float | int:
        """The rate as the JSON number that the shop shows."""
        return self.share // 1000 if self.share % 1000 == 0 else self.share / 1000


@dataclass(frozen=True, slots=True)
class Market:
    """A country the shop sells to. `inclusive`: prices are entered with tax."""

    country: str
    currency: str
    symbol: str
    inclusive: bool
    rates: tuple[Rate, ...]
    names: tuple[tuple[str, str], ...]
    streets: tuple[str, ...]
    city: str
    postcode: str
    state: str = ""
    company: str = ""


MARKETS = (
    Market(
        "SE", "SEK", "kr", True, (Rate(1, "SE-MOMS 25 %-1", "Moms 25 %", 25_000),),
        (("Åsa", "Öberg"), ("Björn", "Ängström"), ("Maja", "Lind")),
        ("Storgatan 5", "Lagervägen 12 B"), "Malmö", "211 20", "", "Åkessons Bygg & Järn AB",
    ),
    Market(
        "DE", "EUR", "€", True, (Rate(4, "DE-UST 19 %-1", "USt 19 %", 19_000),),
        (("Jürgen", "Groß"), ("Käthe", "Müller-Lüdenscheidt")),
        ("Lange Straße 7", "Am Mühlgraben 33"), "Köln", "50667", "DE-NW", "Groß & Söhne GmbH",
    ),
    Market(
        "JP", "JPY", "¥", False, (Rate(13, "JP-消費税-1", "消費税", 10_000),),
        (("花子", "山田"), ("太郎", "鈴木")), ("千代田1-1", "道頓堀2-3-4"),
        "東京", "100-0001", "JP13", "株式会社山田商店",
    ),
    Market(
        "US", "USD", "$", False, (),
        (("Ann", "O'Neil"), ("José", "Núñez"), ("D'Andre", "<Smith>")), ("1 Main St #4", 'Apt "B"'),
        "Springfield", "62704", "IL",
    ),
    Market(
        "CA", "CAD", "$", False,
        (Rate(11, "CA-QC-GST-1", "GST", 5_000), Rate(12, "CA-QC-QST-2", "QST", 9_975, compound=True)),
        (("Élodie", "Tremblay"), ("Luc", "Gagné")), ("12, rue de l’Église", "3 av. du Parc"),
        "Montréal", "H2X 1Y4", "QC",
    ),
    Market(
        "KW", "KWD", "د.ك", False, (Rate(21, "KW-VAT 0 %-1", "VAT 0 %", 0),),
        (("ليلى", "حسن"), ("عمر", "الفارسي")), ("شارع الخليج ١٢", "قطعة ٣"), "الكويت", "13001", "", "شركة النور",
    ),
    Market(
        "BR", "BRL", "R$", True,
        (Rate(31, "BR-SP-ICMS-1", "ICMS", 18_000), Rate(32, "BR-SP-ISS-1", "ISS", 2_500)),
        (("João", "Conceição"), ("Inês", "Araújo")), ("Rua São João, 45", "Av. Paulista 1000"),
        "São Paulo", "01310-100", "SP",
    ),
    Market(
        "CN", "CNY", "¥", True, (Rate(41, "CN-增值税-1", "增值税", 13_000),),
        (("伟", "王"), ("芳", "李")), ("中山路88号", "𠮷祥街2号"), "上海", "200001", "CN9", "",
    ),
    Market(
        "GB", "GBP", "£", True, (Rate(8, "GB-VAT 20 %-1", "VAT 20 %", 20_000),),
        (("Zoë", "Smythe"), ("Seán", "Ó Briain")), ("1 High Street", "Flat 2/1"), "London", "SW1A 1AA",
    ),
    Market(
        "EG", "EGP", "EGP", False, (Rate(51, "EG-VAT 14 %-1", "VAT 14 %", 14_000),),
        (("نور", "محمد"), ("Emoji 🎉", "👩‍👩‍👧‍👦 🇸🇪")), ("شارع النيل ٥", "Corniche 9"), "الإسكندرية", "21500", "EGALX",
    ),
    Market(
        "PL", "PLN", "zł", True, (Rate(61, "PL-VAT 23 %-1", "VAT 23 %", 23_000),),
        (("Łukasz", "Żółć"), ("Świętosława", "Źdźbło")), ("ul. Łąkowa 1/2",), "Łódź", "90-001",
    ),
)  # fmt: skip
