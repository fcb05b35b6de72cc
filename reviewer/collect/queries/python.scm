; Definitions: the whole node is named by its kind, its identifier is @name, its inside (if it has one) is @body.
(class_definition name: (identifier) @name body: (_) @body) @class
(function_definition name: (identifier) @name body: (_) @body) @function
(module (expression_statement (assignment left: (identifier) @name) @variable))
(module (expression_statement (assignment left: (pattern_list (identifier) @name)) @variable))
(module (if_statement consequence: (block (expression_statement (assignment left: (identifier) @name) @variable))))
(module (try_statement body: (block (expression_statement (assignment left: (identifier) @name) @variable))))
(class_definition body: (block (expression_statement (assignment left: (identifier) @name) @variable)))
(type_alias_statement left: (type (identifier) @name)) @type
