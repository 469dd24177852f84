"""The dashboard in headless Chromium: what it shows is what /metrics says, and it may what its key may."""
import re
import signal
import unittest

from playwright.sync_api import expect
from stage import KEYS, DashboardCase, Server

REFUSED = ("Failed to load resource: the server responded with a status of 403",)


def number(text):
    return float(text.replace(",", ""))


class Signed(DashboardCase):
    def test_its_numbers_are_those_of_metrics(self):
        page = self.open_signed("#/media/films/tiers")
        self.stage.ask(60)
        expect(page.locator("#collection-title")).to_have_text("media/films")
        row = page.locator("#latency-table tr", has_text="QueryVectors")
        metrics = self.stage.metrics()
        asked = metrics['memvec_requests_total{operation="QueryVectors",status="2xx"}']
        self.assertGreaterEqual(asked, 60)
        expect(row.locator("td").nth(0)).to_have_text(f"{asked:,.0f}")
        answers = sum(value for name, value in metrics.items() if name.startswith("memvec_answers_total"))
        expect(page.locator("#tile-answers .big")).to_have_text(f"{answers:,.0f}")
        hits = [metrics.get(f'memvec_hits_total{{tier="{tier}"}}', 0) for tier in ("ram", "warm", "cold")]
        shown = page.locator("#tile-hits .legend b")
        for place, hit in enumerate(hits):
            expect(shown.nth(place)).to_have_text(f"{hit:,.0f}")
        expect(page.locator("#tile-hits .big")).to_have_text(f"{100 * (hits[0] + hits[1]) / sum(hits):.1f} %")
        calls = page.locator("#tile-calls .big")
        expect(calls).to_have_text(f"{metrics['memvec_cold_requests_total']:,.0f}")
        # p50 as Prometheus reckons it from the same buckets.
        self.assertAlmostEqual(number(row.locator("td").nth(2).inner_text().removesuffix(" ms")),
                               1000 * quantile(metrics, "QueryVectors", 0.5), delta=0.006)
        # It goes on by itself.
        self.stage.ask(7)
        expect(page.locator("#tile-answers .big")).to_have_text(f"{answers + 7:,.0f}")
        expect(page.locator("#hits svg")).to_have_attribute("aria-label", re.compile("^Share of hits by tier"))

    def test_tiers_of_a_collection_in_front_of_a_remote(self):
        page = self.open_signed("#/wiki/notes/tiers")
        expect(page.locator("#collection-summary")).to_contain_text("in front of s3vectors://wiki/notes")
        for card in ("where", "hits", "heat", "recall", "dollars"):
            expect(page.locator(f"#{card} h3")).to_be_visible()
        expect(page.locator("#where")).to_contain_text("RAM budget")
        expect(page.locator("#recall")).to_contain_text("Calibrating")

    def test_a_document_goes_after_it_was_confirmed(self):
        page = self.open_signed("#/wiki/notes/documents")
        rows = page.locator("#document-table tbody tr")
        expect(rows.first).to_be_visible()
        before = rows.count()
        first, second = rows.nth(0).get_attribute("data-id"), rows.nth(1).get_attribute("data-id")
        remove = rows.nth(0).get_by_role("button")
        remove.click()
        expect(page.get_by_role("dialog")).to_be_visible()
        expect(page.get_by_role("dialog")).to_contain_text("cannot be undone")
        expect(page.get_by_role("button", name="Cancel")).to_be_focused()
        page.get_by_role("button", name="Cancel").click()
        expect(page.get_by_role("dialog")).to_be_hidden()
        expect(remove).to_be_focused()
        page.keyboard.press("Enter")
        page.keyboard.press("Escape")
        expect(page.get_by_role("dialog")).to_be_hidden()
        self.assertEqual(rows.count(), before)
        remove.click()
        page.get_by_role("dialog").get_by_role("button", name="Delete").click()
        expect(rows).to_have_count(before - 1)
        expect(page.locator("#announcer")).to_contain_text("deleted")
        expect(rows.nth(0).get_by_role("button")).to_be_focused()
        page.reload()
        self.sign_in(page)
        expect(rows).to_have_count(before - 1)
        self.stage.server.stop()
        left = self.stage.documents()
        self.stage.serve("--credentials", str(self.stage.keys))
        self.assertNotIn(first, left)
        self.assertIn(second, left)

    def test_wrong_secrets_are_refused(self):
        page = self.open(allowed=REFUSED)
        self.sign_in(page, KEYS[0], secret="wrong")
        expect(page.locator("#sign-in-error")).to_contain_text("does not match the signature")
        self.sign_in(page, {"accessKey": "NOBODY", "secretKey": "x"})
        expect(page.locator("#sign-in-error")).to_contain_text("security token")
        expect(page.locator("#signed-in")).to_be_hidden()
        self.sign_in(page, KEYS[3])
        expect(page.locator("#who")).to_have_text("GUEST")

    def test_a_key_that_reads_is_offered_no_deletion(self):
        page = self.open_signed("#/wiki/notes/documents", KEYS[1])
        expect(page.locator("#who")).to_have_text("READER, may read only")
        expect(page.locator("#read-only")).to_contain_text("may read only")
        expect(page.locator("#document-table tbody tr").first).to_be_visible()
        self.assertEqual(page.get_by_role("button", name="Delete").count(), 0)

    def test_a_key_that_lost_its_rights_meanwhile_is_refused_by_the_server(self):
        page = self.open_signed("#/wiki/notes/documents", allowed=REFUSED)
        rows = page.locator("#document-table tbody tr")
        expect(rows.first).to_be_visible()
        before = rows.count()
        rows.nth(0).get_by_role("button").click()
        self.addCleanup(self.renew, KEYS)
        self.renew([{**KEYS[0], "readOnly": True}, *KEYS[1:]])
        page.get_by_role("dialog").get_by_role("button", name="Delete").click()
        expect(page.get_by_role("alert").filter(has_text="not authorized to perform: DeleteDocument")).to_be_visible()
        self.assertEqual(rows.count(), before)

    def renew(self, keys):
        self.stage.write_keys(keys)
        self.stage.server.process.send_signal(signal.SIGHUP)
        # The server reads them when it comes to it: until then the old ones count.
        wanted = bool(keys[0].get("readOnly"))
        client = self.stage.client()
        while self.is_refused(client) != wanted:
            pass

    @staticmethod
    def is_refused(client):
        try:
            client.delete_vectors(vectorBucketName="media", indexName="films", keys=["no such key"])
        except client.exceptions.AccessDeniedException:
            return True
        return False

    def test_a_key_sees_its_own_buckets_alone(self):
        page = self.open_signed("", KEYS[2])
        rows = page.locator("#collection-table tbody tr")
        expect(rows).to_have_count(1)
        expect(rows).to_contain_text("media/films")

    def test_nothing_secret_is_kept(self):
        page = self.open_signed()
        kept = page.evaluate("JSON.stringify([{...localStorage}, {...sessionStorage}, document.cookie, location.href])")
        self.assertNotIn(KEYS[0]["secretKey"], kept)
        self.assertNotIn("EDITOR", kept)
        page.get_by_role("button", name="Sign out").click()
        expect(page.get_by_label("Access key", exact=True)).to_be_focused()
        page.reload()
        expect(page.locator("#sign-in")).to_be_visible()

    def test_search_marks_the_words_that_were_asked_for(self):
        page = self.open_signed("#/wiki/notes/search")
        # Two documents are about them: another test may have deleted one.
        page.get_by_label("Question").fill("what are filters for?")
        page.locator("select[name=mode]").select_option("hybrid")
        page.keyboard.press("Tab")
        page.get_by_role("button", name="Search").click()
        expect(page.locator(".passages li")).to_have_count(5)
        expect(page.locator(".passages li").first.locator("mark").first).to_have_text("filters")
        expect(page.locator("#announcer")).to_contain_text("5 passages")

    def test_explains_by_key_text_and_vector(self):
        page = self.open_signed("#/media/films/explain")
        page.get_by_label("Ask by").select_option("key")
        page.get_by_label("Text, key or numbers").fill("film-7")
        page.get_by_role("button", name="Explain").click()
        expect(page.locator("#candidate-table tbody tr").first).to_contain_text("film-7")
        expect(page.locator("#explanation")).to_contain_text("Answered in")
        page.get_by_label("Ask by").select_option("vector")
        page.get_by_label("Text, key or numbers").fill("[1, 2")
        page.get_by_role("button", name="Explain").click()
        expect(page.locator("#explanation")).to_contain_text("JSON array of numbers")

        page.goto(f"{self.stage.server.url}/#/wiki/notes/explain")
        expect(page.locator("#collection-title")).to_have_text("wiki/notes")
        page.get_by_label("Ask by").select_option("text")
        page.get_by_label("Text, key or numbers").fill("journals")
        page.get_by_role("button", name="Explain").click()
        expect(page.locator("#candidate-table tbody tr").first).to_be_visible()

    def test_what_it_says_when_the_server_goes_and_comes_again(self):
        page = self.open_signed("#/media/films/tiers", allowed=("Failed to load resource: net::ERR",))
        port = self.stage.server.port
        self.stage.server.stop()
        expect(page.locator("#live-text")).to_contain_text("does not answer")
        self.stage.server = Server(self.stage.folder / "near", "--credentials", str(self.stage.keys), port=port)
        expect(page.locator("#live-text")).to_have_text("Live", timeout=30_000)


class WithoutKeys(DashboardCase):
    keyed = False

    def test_it_shows_everything_and_deletes_nothing(self):
        page = self.open("#/wiki/notes/documents")
        expect(page.locator("#live-text")).to_have_text("Live")
        expect(page.locator("#who")).to_have_text("read-only")
        expect(page.locator("#read-only")).to_contain_text("no keys configured")
        expect(page.locator("#document-table tbody tr").first).to_be_visible()
        self.assertEqual(page.get_by_role("button", name="Delete").count(), 0)

    def test_the_theme_is_chosen_and_remembered(self):
        page = self.open()
        button = page.get_by_role("button", name="Theme")
        seen = []
        for name in ("light", "dark", "automatic"):
            button.click()
            expect(button).to_have_text(f"Theme: {name}")
            seen.append(page.evaluate("getComputedStyle(document.body).backgroundColor"))
        self.assertNotEqual(seen[0], seen[1])
        button.click()
        button.click()
        page.reload()
        expect(button).to_have_text("Theme: dark")
        self.assertEqual(page.evaluate("getComputedStyle(document.body).backgroundColor"), seen[1])


def quantile(metrics, operation, share):
    """What Prometheus's histogram_quantile gives, in seconds."""
    start = f'memvec_request_seconds_bucket{{operation="{operation}",le="'
    buckets = sorted((float(name.removeprefix(start).removesuffix('"}').replace("+Inf", "inf")), value)
                     for name, value in metrics.items() if name.startswith(start))
    rank, lower, below = share * buckets[-1][1], 0.0, 0.0
    for bound, count in buckets:
        if count >= rank:
            return lower if bound == float("inf") else lower + (bound - lower) * (rank - below) / (count - below)
        lower, below = bound, count
    return None


if __name__ == "__main__":
    unittest.main()
