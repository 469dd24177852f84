"""The dashboard for everybody: axe-core finds nothing, it works by the keyboard alone, and it fits a phone."""
import unittest
from importlib.resources import files

from playwright.sync_api import expect
from stage import KEYS, DashboardCase

AXE = files("axe_playwright_python").joinpath("axe.min.js").read_text()
WIDTHS = {"desk": 1280, "phone": 390, "narrow": 360}
TABS = ("tiers", "search", "explain", "documents")


class Access(DashboardCase):
    def check(self, page, what):
        """No violation, and nothing to be moved sideways."""
        found = page.evaluate(f"{AXE}; axe.run(document, {{ resultTypes: ['violations'] }})")["violations"]
        told = [f"{one['id']}: {one['help']}: {[node['html'] for node in one['nodes']][:3]}" for one in found]
        self.assertEqual(told, [], what)
        self.assertLessEqual(page.evaluate("document.documentElement.scrollWidth - innerWidth"), 0, what)

    def fill(self, page, tab):
        """Has the tab show a result."""
        if tab == "search":
            page.get_by_label("Question").fill("journals")
            page.get_by_role("button", name="Search").click()
            expect(page.locator(".passages li").first).to_be_visible()
        if tab == "explain":
            page.get_by_label("Text, key or numbers").fill("journals")
            page.get_by_role("button", name="Explain").click()
            expect(page.locator("#candidate-table")).to_be_visible()
        if tab == "documents":
            expect(page.locator("#document-table tbody tr").first).to_be_visible()

    def test_axe_finds_nothing_light_or_dark_wide_or_narrow(self):
        self.stage.ask(30)
        for scheme in ("light", "dark"):
            for name, width in WIDTHS.items():
                page = self.open("#/wiki/notes/tiers", color_scheme=scheme, viewport={"width": width, "height": 800})
                self.check(page, f"sign in, {scheme}, {name}")
                self.sign_in(page)
                expect(page.locator("#where")).to_be_visible()
                for tab in TABS:
                    page.locator(f"#tab-{tab}").click()
                    self.fill(page, tab)
                    self.check(page, f"{tab}, {scheme}, {name}")
                page.get_by_role("button", name="Delete").first.click()
                self.check(page, f"dialog, {scheme}, {name}")
                page.keyboard.press("Escape")

    def test_the_keyboard_alone(self):
        page = self.open("#/wiki/notes/tiers")
        expect(page.get_by_label("Access key", exact=True)).to_be_focused()
        page.keyboard.type(KEYS[0]["accessKey"])
        page.keyboard.press("Tab")
        page.keyboard.type(KEYS[0]["secretKey"])
        page.keyboard.press("Enter")
        expect(page.locator("#where")).to_be_visible()
        page.evaluate("document.activeElement.blur(); scrollTo(0, 0)")
        self.tab_to(page, "Skip to content")
        page.keyboard.press("Enter")
        self.tab_to(page, "media/films")
        page.keyboard.press("Enter")
        expect(page.locator("#collection-title")).to_be_focused()
        expect(page.locator("#collection-title")).to_have_text("media/films")
        page.locator("#collection-table").get_by_role("button", name="wiki/notes").focus()
        page.keyboard.press("Enter")
        expect(page.locator("#collection-title")).to_have_text("wiki/notes")
        self.tab_to(page, "Tiers")
        page.keyboard.press("ArrowRight")
        expect(page.locator("#tab-search")).to_be_focused()
        expect(page.locator("#panel-search")).to_be_visible()
        page.keyboard.press("Tab")
        page.keyboard.press("Tab")
        page.keyboard.type("journals")
        page.keyboard.press("Enter")
        expect(page.locator(".passages li").first).to_be_visible()
        page.locator("#tab-search").focus()
        page.keyboard.press("End")
        expect(page.locator("#tab-documents")).to_be_focused()
        rows = page.locator("#document-table tbody tr")
        expect(rows.first).to_be_visible()
        before = rows.count()
        self.tab_to(page, "Delete")
        page.keyboard.press("Enter")
        page.keyboard.press("Tab")
        page.keyboard.press("Enter")
        expect(rows).to_have_count(before - 1)

    def tab_to(self, page, text):
        for _ in range(40):
            page.keyboard.press("Tab")
            if page.evaluate("document.activeElement.textContent").strip() == text:
                # What has the focus shows it.
                outline = page.evaluate("getComputedStyle(document.activeElement).outlineStyle")
                self.assertNotEqual(outline, "none", text)
                return
        self.fail(f"Tab does not come to {text}")

    def test_ticks_are_not_announced_and_numbers_have_texts(self):
        page = self.open_signed("#/media/films/tiers")
        self.stage.ask(10)
        expect(page.locator("#heat table")).to_be_visible()
        before = page.locator("#announcer").inner_text()
        shown = page.locator("#tile-answers .big").inner_text()
        self.stage.ask(1)
        expect(page.locator("#tile-answers .big")).not_to_have_text(shown)
        self.assertEqual(page.locator("#announcer").inner_text(), before)
        self.assertEqual(page.locator("[aria-live], [role=status], [role=alert], [role=log]").count(), 3)
        for picture in page.locator("svg[role=img]").all():
            if picture.locator("xpath=ancestor::*[@aria-hidden='true']").count() == 0:
                self.assertTrue(picture.get_attribute("aria-label"))


if __name__ == "__main__":
    unittest.main()
