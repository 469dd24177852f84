"""Filters in S3 Vectors' form over the metadata of debtext, each with the same said in Python."""

FILTERS = {
    "section-eq": ({"section": {"$eq": "python"}}, lambda m: m["section"] == "python"),
    "section-plain": ({"section": "games"}, lambda m: m["section"] == "games"),
    "section-ne": ({"section": {"$ne": "libs"}}, lambda m: m["section"] != "libs"),
    "section-in": ({"section": {"$in": ["games", "sound", "graphics"]}},
                   lambda m: m["section"] in ("games", "sound", "graphics")),
    "size-gte": ({"installed_size": {"$gte": 10000}}, lambda m: m["installed_size"] >= 10000),
    "size-range": ({"installed_size": {"$gt": 100, "$lte": 1000}}, lambda m: 100 < m["installed_size"] <= 1000),
    "tag": ({"tags": {"$eq": "interface::commandline"}}, lambda m: "interface::commandline" in m.get("tags", ())),
    "tags-exist": ({"tags": {"$exists": True}}, lambda m: "tags" in m),
    "homepage": ({"has_homepage": {"$eq": False}}, lambda m: not m["has_homepage"]),
    "and": ({"$and": [{"section": {"$eq": "utils"}}, {"installed_size": {"$lt": 500}}]},
            lambda m: m["section"] == "utils" and m["installed_size"] < 500),
    "or": ({"$or": [{"section": {"$eq": "math"}}, {"tags": {"$eq": "field::mathematics"}}]},
           lambda m: m["section"] == "math" or "field::mathematics" in m.get("tags", ())),
    "rare": ({"priority": {"$eq": "required"}}, lambda m: m["priority"] == "required"),
    "none": ({"section": {"$eq": "no-such-section"}}, lambda m: False),
}
