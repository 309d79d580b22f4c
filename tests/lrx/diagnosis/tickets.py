"""Tickets as people paste them, and what must be found in each. Of the kinds in `EXACTLY`, nothing else may be."""

from typing import NamedTuple

EXACTLY = ("oci_id", "number", "email", "ws_code", "pars_code", "accme_activity_id", "credit_id", "diagnosis")


class Pasted(NamedTuple):
    """A text and what is in it: normal forms by kind."""

    text: str
    finds: dict[str, list[str]]


ENGLISH = (
    Pasted(
        "Dr Tremblay CPSO 12345 says WHMIS done, CMaRS red…",
        {"oci_id": ["CA-ON-CPSO-12345"], "name": ["tremblay"], "recipient": ["cmars"], "words": ["whmis"]},
    ),
    Pasted("CA-ON-CPSO-12345", {"oci_id": ["CA-ON-CPSO-12345"]}),
    Pasted("dr. van der berg finished whmis", {"name": ["van der berg"]}),
    Pasted("dr patel says whmis is done", {"name": ["patel"]}),
    Pasted("Dr. K. Van Den Berg WHMIS CMaRS", {"name": ["k van den berg"]}),
    Pasted("Dr. L. Tremblay is missing", {"name": ["l tremblay"]}),
    Pasted("First name: Luc\nLast name: Tremblay\nCourse: WHMIS", {"name": ["luc tremblay"]}),
    Pasted("Nom de famille : Côté\nPrénom : Hélène", {"name": ["helene cote"]}),
    Pasted("Nom du cours : Hygiène\nNom : De Grandpré", {"name": ["de grandpre"]}),
    Pasted("Dr. de Souza did WHMIS", {"name": ["de souza"]}),
    Pasted("Dr de la Cruz did WHMIS", {"name": ["de la cruz"]}),
    Pasted("Dr. Le Blanc did WHMIS", {"name": ["le blanc"]}),
    Pasted("the doctor de facto said so, le docteur la voit", {"name": []}),
    Pasted("the dr van is parked outside", {"name": []}),
    Pasted("pls check ca-on-cpso-012345 asap", {"oci_id": ["CA-ON-CPSO-012345"]}),
    Pasted("CPSO# 12345, still red in CMaRS", {"oci_id": ["CA-ON-CPSO-12345"], "recipient": ["cmars"]}),
    Pasted("Profile: College of Physicians and Surgeons of Ontario | 12345", {"oci_id": ["CA-ON-CPSO-12345"]}),
    Pasted("Her number is CPSO\u00a0–\u00a012345.", {"oci_id": ["CA-ON-CPSO-12345"]}),
    Pasted("ＣＰＳＯ １２３４５ pasted from the register", {"oci_id": ["CA-ON-CPSO-12345"]}),
    Pasted("RCDSO no. 4412 (dentist) finished Fire Safety", {"oci_id": ["CA-ON-RCDSO-4412"]}),
    Pasted("My CPSO registration number is 88120 and I passed.", {"oci_id": ["CA-ON-CPSO-88120"]}),
    Pasted("She is 54321 (CPSO), he is RCDSO 4412.", {"oci_id": ["CA-ON-CPSO-54321", "CA-ON-RCDSO-4412"]}),
    Pasted("C.P.S.O. 70011 cannot be found", {"oci_id": ["CA-ON-CPSO-70011"]}),
    Pasted("Royal College of Dental Surgeons of Ontario # 4412", {"oci_id": ["CA-ON-RCDSO-4412"]}),
    Pasted("locum from Quebec, CA-QC-CMQ-99887", {"oci_id": ["CA-QC-CMQ-99887"]}),
    Pasted("COO 1234 sees error", {"unclear_oci_id": [""]}),
    Pasted("excel gave CPSO 1.2345E+04", {"unclear_oci_id": [""]}),
    Pasted("CA-ON-CPS0-12345 was typed with a zero", {"unclear_oci_id": ["CA-ON-CPSO-12345"]}),
    Pasted(
        "registration 54321, room 4123, ext. 5521, INC0012345, #4711, case 12999, call 416-555-0134, K1A 0B1, $12345",
        {"number": ["54321"]},
    ),
    Pasted("Registration #54321 at 14:32:07 on 2026-11-18, fee 1250 CAD", {"number": ["54321"], "day": ["2026-11-18"]}),
    Pasted(
        "User: ltremblay\nEmail: Luc.Tremblay@lakeside.example\nCMaRS answered WS 401",
        {
            "username": ["ltremblay"],
            "email": ["luc.tremblay@lakeside.example"],
            "ws_code": ["WS401"],
            "recipient": ["cmars"],
        },
    ),
    Pasted("username ivan.petrov gets ws-400", {"username": ["ivan.petrov"], "ws_code": ["WS400"]}),
    Pasted("CMaRS: Error 401 - the specified user does not exist", {"ws_code": ["WS401"], "recipient": ["cmars"]}),
    Pasted("My browser says error 401 Unauthorized", {}),
    Pasted(
        "PARS codes 661, 664 and 665 for activity 210015702",
        {"pars_code": ["661", "664", "665"], "accme_activity_id": ["210015702"], "recipient": ["pars"]},
    ),
    Pasted(
        "Re: WHMIS 2026 – why CMaRS does not show it yet [019ab4c2-7d1e-50c9]", {"diagnosis": ["019ab4c2-7d1e-50c9"]}
    ),
    Pasted(
        "https://lrx.example/admin/diagnoses/019AB4C2-7D1E-7ABC-8123-0123456789AB?x=1",
        {"diagnosis": ["019ab4c2-7d1e-7abc-8123-0123456789ab"]},
    ),
    Pasted("a0198765-4321, 0198765-4321, 019ab4c2-7d1e-4abc-8123-0123456789ab", {}),
    Pasted("Rejected: ccid:lakeside:whmis-2026-77.", {"credit_id": ["ccid:lakeside:whmis-2026-77"]}),
    Pasted("ACCME returned code 718 for Dr. Wei Chen", {"pars_code": ["718"], "name": ["wei chen"]}),
    Pasted(
        "From: Marc Dubois <marc.dubois@lakeside.example>\nSent: Wednesday, November 18, 2026 9:12 AM\n"
        "To: Support <support@lakeside.example>\nSubject: FW: WHMIS\n\n> Hello,\n> Dr. Luc Tremblay finished WHMIS on"
        " Nov 18.\n> Regards,\n> Luc",
        {
            "email": ["marc.dubois@lakeside.example", "support@lakeside.example"],
            "day": ["2026-11-18", "--11-18"],
            "name": ["marc dubois", "luc tremblay"],
        },
    ),
    Pasted(
        "Name\tCollege\tNumber\tCourse\nTremblay, Luc\tCPSO\t12345\tWHMIS 2026\nChen, Wei\tCPSO\t54312\tWHMIS 2026",
        {"oci_id": ["CA-ON-CPSO-12345", "CA-ON-CPSO-54312"], "name": ["tremblay luc", "chen wei"]},
    ),
    Pasted("| Tremblay | Luc | 12345 | CPSO |", {"name": ["tremblay luc"], "oci_id": ["CA-ON-CPSO-12345"]}),
    Pasted(
        "Completed 18 November 2026, expires 11/18/2027, hired 03/04/2020",
        {"day": ["2026-11-18"], "ambiguous_day": ["2027-11-18", "2020-03-04 2020-04-03"]},
    ),
    Pasted("Mrs. Mary-Jane O'Brien, midwife, CMO 2207", {"name": ["mary jane obrien"], "oci_id": ["CA-ON-CMO-2207"]}),
    Pasted("dr tremblay says it is still red", {"name": ["tremblay"]}),
    Pasted(
        "Asked on 2026-11-18T09:12:04Z from 10.0.19.41, see https://lms.example/user/view.php?id=12345",
        {"day": ["2026-11-18"]},
    ),
    Pasted("CPSO 416-967-2600 is their phone, mine is 54321", {"number": ["54321"]}),
    Pasted("The CPSO 2026 renewal took 3 weeks", {}),
    Pasted("Employee no. 004512 (aokafor) has no OCI ID", {"number": ["004512"]}),
    Pasted("Dr. Chen's WHMIS 2026", {"name": ["chen"], "words": ["whmis 2026"]}),
    Pasted("DR. CHEN’S and Dr. Rogers' and Mary O’Brien’s records", {"name": ["chen", "rogers", "mary obrien"]}),
    Pasted("CPSO 88,120, still red", {"oci_id": ["CA-ON-CPSO-88120"]}),
    Pasted("CPSO 88 120 is red", {"oci_id": ["CA-ON-CPSO-88120"]}),
    Pasted("CPSO 88,120, 99812", {"oci_id": ["CA-ON-CPSO-88120"], "number": ["99812"]}),
    Pasted("CPSO 88120, 99812", {"oci_id": ["CA-ON-CPSO-88120"], "number": ["99812"]}),
    Pasted("CPSO 88120.0", {"unclear_oci_id": ["CA-ON-CPSO-88120"]}),
    Pasted("The CPSO 12 000 users, a CPSO fee of 1,250, CPSO 88.120, CPSO 416 967 2600", {}),
    Pasted("Call 88 120, pay 88,120 or 88.120", {}),
)

FRENCH = (
    Pasted(
        "Le Dr Tremblay, CPSO 12345, dit que SIMDUT est fait, mais CMaRS est rouge.",
        {"oci_id": ["CA-ON-CPSO-12345"], "name": ["tremblay"], "recipient": ["cmars"], "words": ["simdut"]},
    ),
    Pasted("n° CPSO 12345", {"oci_id": ["CA-ON-CPSO-12345"]}),
    Pasted("CPSO n° 12345", {"oci_id": ["CA-ON-CPSO-12345"]}),
    Pasted("Ordre des médecins et chirurgiens de l’Ontario, n° 12345", {"oci_id": ["CA-ON-CPSO-12345"]}),
    Pasted("Ordre des me\u0301decins et chirurgiens de l'Ontario | 12345", {"oci_id": ["CA-ON-CPSO-12345"]}),
    Pasted("sage-femme, CMO no 2207", {"oci_id": ["CA-ON-CMO-2207"]}),
    Pasted("Dre Gagnon (RCDSO – 4412)", {"oci_id": ["CA-ON-RCDSO-4412"], "name": ["gagnon"]}),
    Pasted("Mme Hélène Roy n’apparaît pas", {"name": ["helene roy"]}),
    Pasted("M. Jean-Luc de la Durantaye a réussi", {"name": ["jean luc de la durantaye"]}),
    Pasted("Dr Luc TREMBLAY et Mme ROY, Hélène", {"name": ["luc tremblay", "roy helene"]}),
    Pasted("nom d’utilisateur : ltremblay", {"username": ["ltremblay"]}),
    Pasted(
        "Identifiant: hroy2, courriel helene.roy@lac.example",
        {"username": ["hroy2"], "email": ["helene.roy@lac.example"]},
    ),
    Pasted("erreur WS401 reçue le 18 novembre 2026 à 9 h 12", {"ws_code": ["WS401"], "day": ["2026-11-18"]}),
    Pasted("CMaRS affiche l’erreur 400 depuis le 1er décembre", {"ws_code": ["WS400"], "day": ["--12-01"]}),
    Pasted("PARS : erreur 665", {"pars_code": ["665"], "recipient": ["pars"]}),
    Pasted(
        "matricule 45120, salle 1204, poste 4567, billet 98123, 514 555-0199, 1200 rue Principale, H2X 1Y4",
        {"number": ["45120"]},
    ),
    Pasted(
        "De : Hélène Roy <helene.roy@lac.example>\nEnvoyé : 18 novembre 2026 09:12\nObjet : SIMDUT\n\nBonjour,\n"
        "Le Dr Gagnon a terminé.\n\nMerci,\nHélène Roy\nAffaires médicales",
        {"email": ["helene.roy@lac.example"], "day": ["2026-11-18"], "name": ["helene roy", "gagnon", "helene roy"]},
    ),
    Pasted("Prénom et nom :\tRoy, Hélène\tFormation : Sécurité incendie", {"name": ["roy helene"]}),
    Pasted("permis no 54321, montant 12 500 $, 14h32", {"number": ["54321"]}),
    Pasted("Inscrit le 18/11/2026 au cours SIMDUT 2026", {"ambiguous_day": ["2026-11-18"], "words": ["simdut 2026"]}),
    Pasted("Infirmière, CNO 1234567, ne voit rien", {"oci_id": ["CA-ON-CNO-1234567"]}),
    Pasted("CPSO nº 88 120, d’Amara Okafor", {"oci_id": ["CA-ON-CPSO-88120"], "name": ["amara okafor"]}),
)

HOSTILE = (
    Pasted("", {}),
    Pasted("\x00\x01\x02", {}),
    Pasted("\ud800CPSO 12345\udfff", {"oci_id": ["CA-ON-CPSO-12345"]}),
    Pasted("CPSO\x00 12345", {"oci_id": ["CA-ON-CPSO-12345"]}),
    Pasted("C\u200bPSO 12\u200b345", {"oci_id": ["CA-ON-CPSO-12345"]}),
    Pasted("\u202eCPSO 12345\u202c", {"oci_id": ["CA-ON-CPSO-12345"]}),
    Pasted("CPSO 12\u00ad345", {"unclear_oci_id": [""]}),
    Pasted("CPSO " + "9" * 50, {"unclear_oci_id": [""]}),
    Pasted("CPSO (RCDSO) 4412", {"unclear_oci_id": [""]}),
    Pasted("2026-13-45 99/99/2026 31 February 2026 CPSO", {}),
    Pasted("'; DROP TABLE learner; -- CPSO 12345 {0} %s <script>", {"oci_id": ["CA-ON-CPSO-12345"]}),
    Pasted("ccid: ccid:: @ @a a@ WS PARS code erreur n° #", {"recipient": ["pars"]}),
)
