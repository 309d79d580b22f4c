"""The REST API: operations declared with types, answered as JSON, refused as `application/problem+json`.

An operation is a function with `@operation`. `routes` makes the endpoints of them, `document` their OpenAPI document.
"""
