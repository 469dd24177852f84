/// What `GET /v1/openapi.json` answers: the paths of ``DocumentRoute``, in OpenAPI 3.1.
enum OpenAPI {
    static let text = #"""
        {
          "openapi": "3.1.0",
          "info": {
            "title": "MemVec documents and search",
            "version": "1",
            "description": "Where keys are configured, requests are signed as those of S3 Vectors are."
          },
          "paths": {
            "/v1/collections/{bucket}/{index}/documents": {
              "parameters": [
                {
                  "$ref": "#/components/parameters/bucket"
                },
                {
                  "$ref": "#/components/parameters/index"
                }
              ],
              "get": {
                "operationId": "listDocuments",
                "summary": "The documents of a collection, page by page.",
                "parameters": [
                  {
                    "name": "limit",
                    "in": "query",
                    "required": false,
                    "description": "At most so many, 1 to 1,000 (100).",
                    "schema": {
                      "type": "integer"
                    }
                  },
                  {
                    "name": "after",
                    "in": "query",
                    "required": false,
                    "description": "Where the page before ended.",
                    "schema": {
                      "type": "string"
                    }
                  }
                ],
                "responses": {
                  "200": {
                    "description": "The answer.",
                    "content": {
                      "application/json": {
                        "schema": {
                          "type": "object",
                          "properties": {
                            "documents": {
                              "type": "array",
                              "items": {
                                "$ref": "#/components/schemas/Document"
                              }
                            },
                            "next": {
                              "type": "string"
                            }
                          }
                        }
                      }
                    }
                  },
                  "default": {
                    "$ref": "#/components/responses/Error"
                  }
                }
              }
            },
            "/v1/collections/{bucket}/{index}/documents/{id}": {
              "parameters": [
                {
                  "$ref": "#/components/parameters/bucket"
                },
                {
                  "$ref": "#/components/parameters/index"
                },
                {
                  "$ref": "#/components/parameters/id"
                }
              ],
              "get": {
                "operationId": "getDocument",
                "summary": "A document with its passages.",
                "responses": {
                  "200": {
                    "description": "The answer.",
                    "content": {
                      "application/json": {
                        "schema": {
                          "$ref": "#/components/schemas/WholeDocument"
                        }
                      }
                    }
                  },
                  "default": {
                    "$ref": "#/components/responses/Error"
                  }
                }
              },
              "delete": {
                "operationId": "deleteDocument",
                "summary": "Removes every passage of a document, in the remote too; one that is not there: 0 chunks.",
                "responses": {
                  "200": {
                    "description": "The answer.",
                    "content": {
                      "application/json": {
                        "schema": {
                          "$ref": "#/components/schemas/Deletion"
                        }
                      }
                    }
                  },
                  "default": {
                    "$ref": "#/components/responses/Error"
                  }
                }
              }
            },
            "/v1/collections/{bucket}/{index}/search": {
              "parameters": [
                {
                  "$ref": "#/components/parameters/bucket"
                },
                {
                  "$ref": "#/components/parameters/index"
                }
              ],
              "post": {
                "operationId": "search",
                "summary": "The passages that answer a question in words, the best first.",
                "requestBody": {
                  "required": true,
                  "content": {
                    "application/json": {
                      "schema": {
                        "$ref": "#/components/schemas/Search"
                      }
                    }
                  }
                },
                "responses": {
                  "200": {
                    "description": "The answer.",
                    "content": {
                      "application/json": {
                        "schema": {
                          "type": "object",
                          "properties": {
                            "reason": {
                              "type": "string"
                            },
                            "passages": {
                              "type": "array",
                              "items": {
                                "$ref": "#/components/schemas/Passage"
                              }
                            },
                            "dollars": {
                              "type": "number"
                            }
                          }
                        }
                      }
                    }
                  },
                  "default": {
                    "$ref": "#/components/responses/Error"
                  }
                }
              }
            }
          },
          "components": {
            "parameters": {
              "bucket": {
                "name": "bucket",
                "in": "path",
                "required": true,
                "description": "The vector bucket.",
                "schema": {"type": "string"}
              },
              "index": {
                "name": "index",
                "in": "path",
                "required": true,
                "description": "The index, a collection.",
                "schema": {"type": "string"}
              },
              "id": {
                "name": "id",
                "in": "path",
                "required": true,
                "description": "The document's id; its slashes may stand as they are.",
                "schema": {"type": "string"}
              }
            },
            "responses": {
              "Error": {
                "description": "What is wrong.",
                "content": {
                  "application/json": {
                    "schema": {
                      "$ref": "#/components/schemas/Error"
                    }
                  }
                }
              }
            },
            "schemas": {
              "Document": {
                "type": "object",
                "properties": {
                  "id": {"type": "string"},
                  "title": {"type": "string"},
                  "file": {"type": "string"},
                  "chunks": {"type": "integer"},
                  "state": {
                    "type": "string",
                    "enum": [
                      "complete",
                      "partial",
                      "deleting"
                    ]
                  }
                }
              },
              "WholeDocument": {
                "allOf": [
                  {"$ref": "#/components/schemas/Document"},
                  {
                    "type": "object",
                    "properties": {
                      "passages": {
                        "type": "array",
                        "items": {
                          "type": "object",
                          "properties": {
                            "section": {
                              "type": "string"
                            },
                            "text": {
                              "type": "string"
                            },
                            "chunk": {
                              "type": "integer"
                            }
                          }
                        }
                      }
                    }
                  }
                ]
              },
              "Deletion": {
                "type": "object",
                "properties": {
                  "id": {"type": "string"},
                  "chunks": {"type": "integer"},
                  "removed": {
                    "type": "object",
                    "properties": {
                      "remote": {
                        "type": "integer"
                      },
                      "warm": {
                        "type": "integer"
                      },
                      "ram": {
                        "type": "integer"
                      }
                    }
                  }
                }
              },
              "Passage": {
                "type": "object",
                "properties": {
                  "document": {"type": "string"},
                  "title": {"type": "string"},
                  "file": {"type": "string"},
                  "section": {"type": "string"},
                  "text": {"type": "string"},
                  "key": {"type": "string"},
                  "source": {"type": "string"},
                  "chunk": {"type": "integer"},
                  "distance": {
                    "type": "number",
                    "description": "Cosine distance to the question; absent where its words alone were found."
                  },
                  "score": {
                    "type": "number",
                    "description": "mode text: BM25; mode hybrid: the sum of reciprocal ranks."
                  },
                  "highlights": {
                    "type": "array",
                    "description": "Words of the question in text: [start, length] of Unicode code points.",
                    "items": {
                      "type": "array",
                      "items": {"type": "integer"},
                      "minItems": 2,
                      "maxItems": 2
                    }
                  }
                }
              },
              "Search": {
                "type": "object",
                "required": ["query"],
                "additionalProperties": false,
                "properties": {
                  "query": {"type": "string"},
                  "k": {
                    "type": "integer",
                    "minimum": 1,
                    "maximum": 10000,
                    "default": 10
                  },
                  "mode": {
                    "type": "string",
                    "enum": ["vector", "text", "hybrid"],
                    "default": "vector",
                    "description": "By meaning, by words (BM25), or by both rankings; an ingest makes the full text."
                  },
                  "filter": {
                    "type": "object",
                    "description": "In the grammar of S3 Vectors."
                  }
                }
              },
              "Error": {"type": "object", "properties": {"message": {"type": "string"}}}
            }
          }
        }
        """#
}
