"""wiki: pages of Wikipedia as MediaWiki exports them, which gensim carries for its tests.

  enwiki-excerpt.xml.bz2   206 pages of the English dump of May 2016, 100 of them redirects
  enwiki-tables.xml.bz2    5 pages full of tables
  bgwiki-utf16.xml.bz2     3 Bulgarian pages in UTF-16
"""
from . import wheels

DATA = "gensim/test/test_data/"
EXCERPT = {
    "requirement": "gensim==4.4.0",
    "wanted": "91a7fa5e814e7b1bad4b2dffa8d62c1e55410d5cbdf930714c1997ffb4404db8",
    "platform": ("--python-version", "3.11", "--implementation", "cp", "--abi", "cp311", "--platform",
                 "manylinux_2_28_x86_64"),
    "members": {
        DATA + "enwiki-latest-pages-articles1.xml-p000000010p000030302-shortened.bz2": "enwiki-excerpt.xml.bz2",
        DATA + "enwiki-table-markup.xml.bz2": "enwiki-tables.xml.bz2",
        DATA + "bgwiki-latest-pages-articles-shortened.xml.bz2": "bgwiki-utf16.xml.bz2",
    },
    "about": {"what": "pages of Wikipedia, CC BY-SA 3.0 and GFDL, by their authors"},
}


def make(out):
    return wheels.fetch(final=out / "wiki", **EXCERPT)
