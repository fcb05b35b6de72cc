(function_declaration name: (identifier) @name body: (_) @body) @function
(generator_function_declaration name: (identifier) @name body: (_) @body) @function
(class_declaration name: (identifier) @name body: (_) @body) @class
(method_definition name: (_) @name body: (_) @body) @function
(field_definition property: (_) @name) @variable
(program (lexical_declaration (variable_declarator name: (identifier) @name)) @variable)
(program (variable_declaration (variable_declarator name: (identifier) @name)) @variable)
(export_statement (lexical_declaration (variable_declarator name: (identifier) @name)) @variable)
(variable_declarator name: (identifier) @name value: [(function_expression body: (_) @body) (arrow_function body: (_) @body)]) @function
(assignment_expression left: (member_expression property: (property_identifier) @name) right: [(function_expression body: (_) @body) (arrow_function body: (_) @body)]) @function
(pair key: (property_identifier) @name value: [(function_expression body: (_) @body) (arrow_function body: (_) @body)]) @function
